import { describe, expect, test } from '@jest/globals'
import type { Person } from '../people/people.ts'
import { concernsPerson, type GateReason, mayIssue, type NotBeforeStore, type Standing } from './gate.ts'

const AT = new Date('2026-03-01T08:00:00.500Z')
const before = new Date(AT.getTime() - 1)

const identity = {
  ...{ id: 'identity-1', number: '202407010101', type: 'undergraduate', organisation: null, isPrimary: true },
  ...{ validFrom: new Date(0), validTo: null },
}
const person: Person = { id: 'person-1', name: '吴兰', state: 'active', identities: [identity] }

function storeThatAnswers(standing: Partial<Standing> | Error): { notBefore: NotBeforeStore; clock: () => Date } {
  return {
    clock: () => AT,
    notBefore: {
      async standing() {
        if (standing instanceof Error) throw standing
        return { person, profile: null, clientEnabled: true, notBefore: null, ...standing }
      },
      async set() {},
      untold: async () => [],
      async told() {},
    },
  }
}

const issue = { personId: 'person-1', clientId: 'library', sessionUid: 'session-1', issuedAt: AT }

describe('the gate', () => {
  test('lets an active person pass to an enabled client, and says who it is', async () => {
    expect(await mayIssue(storeThatAnswers({}), issue)).toEqual({ allowed: true, person, profile: null })
  })

  test.each<[string, Partial<Person> | null, GateReason]>([
    ['nobody', null, 'no_such_person'],
    ['somebody who has not activated', { state: 'pending' }, 'account_pending'],
    ['a suspended person', { state: 'suspended' }, 'account_suspended'],
    ['a closed account', { state: 'closed' }, 'account_closed'],
    ['somebody whose last identity just expired', { identities: [{ ...identity, validTo: AT }] }, 'identity_expired'],
    ['somebody without an identity', { identities: [] }, 'identity_expired'],
  ])('refuses %s, for a reason that is the person’s', async (_who, changes, reason) => {
    const standing = storeThatAnswers({ person: changes && { ...person, ...changes } })
    expect(await mayIssue(standing, issue)).toEqual({ allowed: false, reason })
    const reasons: GateReason[] = [reason, 'ended', 'client_disabled']
    expect(reasons.filter(concernsPerson)).toEqual([reason])
  })

  test('refuses a disabled client, also where no person takes part', async () => {
    const disabled = storeThatAnswers({ person: null, clientEnabled: false })
    const refused = { allowed: false, reason: 'client_disabled' }
    expect(await mayIssue(disabled, { ...issue, personId: null })).toEqual(refused)
  })

  test('asks nothing of a client where none takes part', async () => {
    const answer = await mayIssue(storeThatAnswers({ clientEnabled: false }), { ...issue, clientId: null })
    expect(answer).toMatchObject({ allowed: true })
  })

  test('refuses what began before the moment set, and lets pass what began at it', async () => {
    const ended = storeThatAnswers({ notBefore: AT })
    expect(await mayIssue(ended, { ...issue, issuedAt: before })).toEqual({ allowed: false, reason: 'ended' })
    expect(await mayIssue(ended, issue)).toMatchObject({ allowed: true })
  })

  test('is shut when the store does not answer', async () => {
    await expect(mayIssue(storeThatAnswers(new Error('down')), issue)).rejects.toThrow('down')
  })
})
