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
    const isVisitor = ({ name }: Sent) => name.endsWith('campus_visitor')
    const narrow = sentIn(arrived).filter((cookie) => !isVisitor(cookie))
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

    const wide = sentIn(arrived).filter(isVisitor)
    expect(wide.map(({ name }) => name)).toEqual([`${prefix('__Host-')}campus_visitor`])
    for (const { attributes } of wide) {
      expect(attributes).toEqual(expect.arrayContaining(['path=/', 'httponly', 'samesite=lax']))
      expect(attributes.includes('secure')).toBe(secure)
      expect(attributes.some((attribute) => /^(domain|expires|max-age)=/.test(attribute))).toBe(false)
    }
    expect(sentIn(await visitor.authorize()).filter(isVisitor)).toEqual([])

    const signedIn = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    const resumed = await visitor.go(locationOf(signedIn)?.pathname ?? '')
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
