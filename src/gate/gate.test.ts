import { describe, expect, test } from '@jest/globals'
import { mayIssue, type NotBeforeStore, type Standing } from './gate.ts'

const AT = new Date('2026-03-01T08:00:00.500Z')
const before = new Date(AT.getTime() - 1)

function storeThatAnswers(standing: Partial<Standing> | Error): { notBefore: NotBeforeStore } {
  return {
    notBefore: {
      async standing() {
        if (standing instanceof Error) throw standing
        return { personState: 'active', clientEnabled: true, notBefore: null, ...standing }
      },
      async set() {},
    },
  }
}

const issue = { personId: 'person-1', clientId: 'library', sessionUid: 'session-1', issuedAt: AT }

describe('the gate', () => {
  test('lets an active person pass to an enabled client', async () => {
    expect(await mayIssue(storeThatAnswers({}), issue)).toEqual({ allowed: true })
  })

  test.each([
    ['nobody', null, 'no_such_person'],
    ['somebody who has not activated', 'pending', 'account_pending'],
    ['a suspended person', 'suspended', 'account_suspended'],
    ['a closed account', 'closed', 'account_closed'],
  ] as const)('refuses %s', async (_who, personState, reason) => {
    expect(await mayIssue(storeThatAnswers({ personState }), issue)).toEqual({ allowed: false, reason })
  })

  test('refuses a disabled client, also where no person takes part', async () => {
    const disabled = storeThatAnswers({ personState: null, clientEnabled: false })
    const refused = { allowed: false, reason: 'client_disabled' }
    expect(await mayIssue(disabled, { ...issue, personId: null })).toEqual(refused)
  })

  test('asks nothing of a client where none takes part', async () => {
    expect(await mayIssue(storeThatAnswers({ clientEnabled: false }), { ...issue, clientId: null })).toEqual({
      allowed: true,
    })
  })

  test('refuses what began before the moment set, and lets pass what began at it', async () => {
    const ended = storeThatAnswers({ notBefore: AT })
    expect(await mayIssue(ended, { ...issue, issuedAt: before })).toEqual({ allowed: false, reason: 'ended' })
    expect(await mayIssue(ended, issue)).toEqual({ allowed: true })
  })

  test('is shut when the store does not answer', async () => {
    await expect(mayIssue(storeThatAnswers(new Error('down')), issue)).rejects.toThrow('down')
  })
})
