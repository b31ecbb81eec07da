/** The answer to a device that asks to be signed in: one, by whoever is first, and with a row in the audit. */
import { type AdapterPayload, errors, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Key } from '../expiring/expiring.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { kindOf, noteOf } from './notes.ts'
import { decode, encode, type Records } from './records.ts'

/** Somebody else has answered: of two browsers with one code one is heard. */
export class DeviceAnswered extends errors.OIDCProviderError {
  constructor() {
    super(409, 'device_answered')
    this.name = 'DeviceAnswered'
    this.expose = true
    this.allow_redirect = false
  }
}

/** What ends it for the device. Whatever else goes wrong on the way back is told to the person alone. */
const ENDINGS: readonly unknown[] = ['access_denied', 'account_not_active']

export interface DeviceAnswer {
  key: Key
  /** As it stood when this request read it. */
  before: string
  given: AdapterPayload
  seconds: number
}

/** Throws `DeviceAnswered`, or what the gate says. The row stands before the answer: nobody gets in without one. */
export async function answerDevice(
  needs: Pick<Campus, 'random' | 'audit'>,
  { records, gatekeeper }: { records: Records; gatekeeper: Gatekeeper },
  { key, before, given, seconds }: DeviceAnswer,
): Promise<void> {
  if (given.error !== undefined && !ENDINGS.includes(given.error)) return
  if (isAnswered(decode('DeviceCode', before))) throw new DeviceAnswered()
  const { errorDescription: _ours, ...answer } = given
  if (answer.error !== undefined) answer.error = 'access_denied'
  await gatekeeper.admit('DeviceCode', answer)
  await note(needs, answer)
  // Its own, or two that say the same would both be told that they have said it.
  const after = encode({ ...answer, attempt: needs.random.token(12) })
  if (!(await records.swap(key, before, after, { seconds })).swapped) throw new DeviceAnswered()
}

export function isAnswered(record: AdapterPayload | null): boolean {
  return record?.accountId !== undefined || record?.error !== undefined
}

async function note({ audit }: Pick<Campus, 'audit'>, answer: AdapterPayload): Promise<void> {
  const ctx = Provider.ctx
  if (!ctx) return
  const { accountId, error, clientId } = answer
  const person = accountId ?? ctx.oidc.session?.accountId
  const about = person === undefined ? {} : { actor: `person:${person}`, subject: `person:${person}` }
  const row = { ...noteOf(ctx), ...about, ...(clientId !== undefined && { client: clientId }) }
  if (accountId !== undefined) await audit.record({ ...row, event: 'device.allowed', result: 'success' })
  if (error === undefined) return
  const refused = { ...row, event: 'device.refused', result: 'refused', reason: 'access_denied' } as const
  audit.note(refused, kindOf(refused))
}
