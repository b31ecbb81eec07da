import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { AdapterPayload } from 'oidc-provider'
import { mergeSession } from './session-merge.ts'

const lan: AdapterPayload = { kind: 'Session', uid: 'u', iat: 1, exp: 100, accountId: 'lan', loginTs: 1 }
const nobody: AdapterPayload = { kind: 'Session', uid: 'u', iat: 1, exp: 50 }

const having = (session: AdapterPayload, ...clients: string[]): AdapterPayload => ({
  ...session,
  authorizations: Object.fromEntries(clients.map((client) => [client, { sid: client, grantId: `grant of ${client}` }])),
})
const clientsOf = (session: AdapterPayload | null) => Object.keys(session?.authorizations ?? {}).toSorted()

describe('what one request did to a session', () => {
  test('is laid beside what others did', () => {
    expect(clientsOf(mergeSession(having(lan, 'a', 'b'), having(lan, 'a'), having(lan, 'a', 'c')))).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('takes away what it took away, and nothing else', () => {
    const merged = mergeSession(having(lan, 'a', 'b', 'c'), having(lan, 'a', 'b'), having(lan, 'b'))
    expect(clientsOf(merged)).toEqual(['b', 'c'])
    expect(mergeSession({ ...lan, state: { x: 1 } }, { ...lan, state: { x: 1 } }, lan)).not.toHaveProperty('state')
  })

  test('never signs anybody out by having known nothing of a sign-in', () => {
    const merged = mergeSession(having(lan, 'a'), nobody, { ...nobody, state: { secret: 's' }, exp: 60 })
    expect(merged).toMatchObject({ accountId: 'lan', loginTs: 1, exp: 100, state: { secret: 's' } })
    expect(clientsOf(merged)).toEqual(['a'])
  })

  test('signs in where nobody was', () => {
    expect(mergeSession(nobody, nobody, having({ ...lan, exp: 200 }, 'a'))).toEqual(having({ ...lan, exp: 200 }, 'a'))
  })

  test('by another person leaves nothing of the first', () => {
    const mei = { ...having(lan, 'a', 'b'), accountId: 'mei', loginTs: 2 }
    const merged = mergeSession(having(lan, 'a', 'c'), having(lan, 'a'), mei)
    expect(merged).toMatchObject({ accountId: 'mei', loginTs: 2 })
    expect(clientsOf(merged)).toEqual(['b'])
  })

  test('is dropped when somebody else is signed in by now', () => {
    expect(mergeSession({ ...lan, accountId: 'mei' }, lan, having(lan, 'a'))).toBeNull()
  })

  test('in any order and number, of clients that differ, loses none of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 8 }), (clients) => {
        let standing = lan
        for (const client of clients) standing = mergeSession(standing, lan, having(lan, client)) ?? lan
        expect(clientsOf(standing)).toEqual(clients.toSorted())
      }),
    )
  })
})
