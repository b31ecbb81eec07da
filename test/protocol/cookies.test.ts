import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Answer } from '../support/house.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

let world: ProviderWorld
afterEach(() => world.close())

interface Sent {
  name: string
  attributes: string[]
}

function sentIn({ headers }: Answer): Sent[] {
  return (headers['set-cookie'] ?? []).map((line) => {
    const [pair = '', ...attributes] = line.split('; ')
    return { name: pair.split('=')[0] ?? '', attributes: attributes.map((attribute) => attribute.toLowerCase()) }
  })
}

describe.each([
  ['on https', 'https://id.school.example', true],
  ['on loopback http', 'http://localhost', false],
])('the cookies %s', (_where, issuer, secure) => {
  test('have the names, the paths and the attributes that keep them ours', async () => {
    world = await openProviderWorld({ config: { issuer } })
    const visitor = newVisitor(world)
    const prefix = (name: string) => (secure ? name : '')

    const arrived = await visitor.authorize()
    const page = locationOf(arrived)?.pathname ?? ''
    const uid = page.split('/')[2] ?? ''
    const ofVisit = (id: string) => {
      const hash = createHash('sha256').update(id).digest('base64url').slice(0, 10)
      return `${prefix('__Host-')}campus_visit_${hash}`
    }
    const isVisit = ({ name }: Sent) => name.includes('campus_visit_')
    const narrow = sentIn(arrived).filter((cookie) => !isVisit(cookie))
    expect(narrow.map(({ name }) => name).toSorted()).toEqual(
      ['campus_interaction', 'campus_interaction.sig', 'campus_resume', 'campus_resume.sig'].map(
        (name) => `${prefix('__Secure-')}${name}`,
      ),
    )
    for (const { name, attributes } of narrow) {
      const path = name.includes('resume') ? `/auth/${uid}` : `/interaction/${uid}`
      expect(attributes).toEqual(expect.arrayContaining([`path=${path.toLowerCase()}`, 'httponly', 'samesite=lax']))
      expect(attributes.includes('secure')).toBe(secure)
      expect(attributes.some((attribute) => attribute.startsWith('domain='))).toBe(false)
      expect(attributes.some((attribute) => attribute.startsWith('expires='))).toBe(true)
    }

    const wide = sentIn(arrived).filter(isVisit)
    expect(wide.map(({ name }) => name)).toEqual([ofVisit(uid)])
    for (const { attributes } of wide) {
      expect(attributes).toEqual(expect.arrayContaining(['path=/', 'httponly', 'samesite=lax']))
      expect(attributes.includes('secure')).toBe(secure)
      expect(attributes.some((attribute) => attribute.startsWith('domain='))).toBe(false)
      const end = Date.parse(attributes.find((attribute) => attribute.startsWith('expires='))?.slice(8) ?? '')
      expect(Math.abs(end - Date.now() - 15 * 60_000)).toBeLessThan(60_000)
    }

    const signedIn = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    const resumed = await visitor.go(locationOf(signedIn)?.pathname ?? '')
    const gone = sentIn(resumed).filter(isVisit)
    expect(gone.map(({ name }) => name)).toEqual([ofVisit(uid)])
    expect(gone[0]?.attributes).toEqual(expect.arrayContaining(['path=/', 'expires=thu, 01 jan 1970 00:00:00 gmt']))
    expect(gone[0]?.attributes.includes('secure')).toBe(secure)
    const session = sentIn(resumed).filter(({ name }) => name.includes('session'))
    expect(session.map(({ name }) => name)).toEqual(
      ['campus_session', 'campus_session.sig'].map((name) => `${prefix('__Host-')}${name}`),
    )
    for (const { attributes } of session) {
      expect(attributes).toEqual(expect.arrayContaining(['path=/', 'httponly', 'samesite=lax']))
      expect(attributes.includes('secure')).toBe(secure)
      expect(attributes.some((attribute) => /^(domain|expires|max-age)=/.test(attribute))).toBe(false)
    }
  })
})
