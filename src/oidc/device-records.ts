/**
 * The codes of devices that ask to be signed in (RFC 8628). A person finds one by the short code that the device shows,
 * the device by the long one that it keeps: the store holds neither. A code is answered once and redeemed once.
 */
import { type Adapter, type AdapterPayload, errors, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { Key } from '../expiring/expiring.ts'
import type { CrowdControl } from './crowd-control.ts'
import { answerDevice, isAnswered } from './device-answers.ts'
import { countGuess } from './device-guesses.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { decode, encode, keyOf, type Records } from './records.ts'
import { createSingleUse } from './single-use.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'expiring' | 'keyrings' | 'audit'>

/** Letters without vowels, so that no code is a word; none that is taken for another (RFC 8628 §6.1). */
const USER_CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/

/** So long is an expired code told from one that never was. */
const EXPIRED_KNOWN_SECONDS = 300

/** RFC 8628 §3.5: devices ask every 5 s; a second is lent to the clock of theirs and to the network. */
const POLL_SECONDS = 4

export function createDeviceRecords(
  needs: Needs,
  records: Records,
  { gatekeeper, crowd }: { gatekeeper: Gatekeeper; crowd: CrowdControl },
): Adapter {
  const { random, keyrings } = needs
  const singleUse = createSingleUse(needs, records)
  const indexOf = (userCode: string): Key => `oidc:user-code:${keyrings.fingerprint('user-code', userCode)}`

  async function begin(key: Key, { userCode = '', ...payload }: AdapterPayload, seconds: number): Promise<void> {
    await gatekeeper.admit('DeviceCode', payload)
    const expiry = { seconds: seconds + EXPIRED_KNOWN_SECONDS }
    const record = encode(payload)
    await crowd.admit(Buffer.byteLength(record))
    // Two devices that show one code would be answered together.
    const standing = await records.reserve(indexOf(userCode), key, expiry)
    if (standing !== key) throw new errors.TemporarilyUnavailable('please ask for another code')
    await records.put(key, record, expiry)
  }

  /** One that asks too often is told so, before and not instead of what it waits for. */
  async function pace(key: Key): Promise<void> {
    const mine = random.token(12)
    const standing = await records.reserve(`${key}:asked`, mine, { seconds: POLL_SECONDS })
    if (standing !== mine) throw new errors.SlowDown()
  }

  return {
    async upsert(id, payload, seconds) {
      if (seconds === undefined) throw new Error('a code of a device without an end')
      const key = keyFor(id)
      const before = records.known(key)
      if (before === null) await begin(key, payload, seconds)
      else {
        const { userCode: _shown, ...given } = payload
        const left = Math.max(seconds, 1) + EXPIRED_KNOWN_SECONDS
        await answerDevice(needs, { records, gatekeeper }, { key, before, given, seconds: left })
      }
    },
    async find(id) {
      const isPolled = Provider.ctx?.oidc.route === 'token'
      // A page's name for it is no bearer's: it lies in the store.
      if (isPolled && isPagesName(id)) return undefined
      const key = keyFor(id)
      const record = decode('DeviceCode', await records.read(key))
      if (record === null) return undefined
      if (isPolled && !isAnswered(record)) await pace(key)
      singleUse.refuseLosers('DeviceCode', record.consumed)
      return { ...record, jti: id }
    },
    findByUserCode: async (userCode) =>
      USER_CODE.test(userCode)
        ? countGuess(needs, async () => {
            const key = await records.read(indexOf(userCode))
            const record = key === null ? null : decode('DeviceCode', await records.read(key))
            return record === null ? undefined : { ...record, jti: pagesName(key ?? ''), userCode }
          })
        : undefined,
    consume: (id) => singleUse.consume('DeviceCode', keyFor(id)),
    destroy: (id) => records.remove(keyFor(id)),
    revokeByGrantId: async () => undefined,
    findByUid: async () => undefined,
  }
}

/** The pages of a visit name the record by where it lies: they never learn by what the device redeems it. */
const PAGES_NAME = '~'

const pagesName = (key: Key) => `${PAGES_NAME}${key}`

const isPagesName = (id: string) => id.startsWith(PAGES_NAME)

function keyFor(id: string): Key {
  return isPagesName(id) ? id.slice(PAGES_NAME.length) : keyOf('DeviceCode', id)
}
