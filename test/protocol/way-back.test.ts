import { afterEach, describe, expect, test } from '@jest/globals'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { isCode, isSession } from '../support/session-documents.ts'
import { until } from '../support/until.ts'

let world: ProviderWorld
afterEach(() => world.close())

const codeIn = (answer: Parameters<typeof locationOf>[0]) => locationOf(answer)?.searchParams.get('code')

describe('the way back', () => {
  test('of six at once with one cookie goes on for one: one code, one session', async () => {
    world = await openProviderWorld()
    const visitor = newVisitor(world)
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const end = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    const { read } = world.needs.expiring
    let arrived = 0
    // All have read the visit before any of them goes on.
    world.needs.expiring.read = async (key) => {
      const raw = await read(key)
      if (key.startsWith('oidc:interaction:')) {
        arrived += 1
        await until('all have arrived', () => arrived >= 6)
      }
      return raw
    }
    const resume = locationOf(end)?.pathname ?? ''
    const answers = await Promise.all(Array.from({ length: 6 }, () => visitor.go(resume)))
    expect(answers.map(codeIn).filter(Boolean)).toHaveLength(1)
    const others = answers.filter((answer) => !codeIn(answer))
    for (const { status, headers, body } of others) {
      expect([status, headers.location, headers['set-cookie']]).toEqual([400, undefined, undefined])
      expect(body).toContain('visit_expired')
    }
    const keys = [...world.store.standing().keys()]
    expect([keys.filter(isSession).length, keys.filter(isCode).length]).toEqual([1, 1])
  })
})
