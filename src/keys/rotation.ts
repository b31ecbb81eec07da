/** How a key is followed by the next: announced in time by the leader, or when an operator says so. */
import type { Logger } from 'pino'
import type { Campus, Stores } from '../campus.ts'
import type { LeaderWork } from '../leases/leases.ts'
import type { StoredKey } from './keys.ts'
import {
  activeAtOnce,
  announcedFrom,
  COOKIE_KEY_KEPT_SECONDS,
  isSuccessorDue,
  later,
  SIGNING_KEY_KEPT_SECONDS,
  stateAt,
} from './life-cycle.ts'
import { makeKey } from './make-key.ts'
import { isSigning, type KeyPurpose, ROTATED_PURPOSES, type RotatedPurpose } from './purposes.ts'

const EVERY_SECONDS = 60

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'keys' | 'transaction'>

/** What is rotated. `actor` as in the audit: `operator:<name>`, or `system`. */
interface Act {
  purpose: RotatedPurpose
  actor: string
}

/** `isNew` is false where the next key was announced before, or at this very moment by somebody else. */
export interface Announcement {
  key: StoredKey
  isNew: boolean
}

/** Makes the next key known. All processes begin with it at `activeFrom`, and keep the present one for a while. */
export async function announceKey(needs: Needs, { purpose, actor }: Act): Promise<Announcement> {
  const now = needs.clock()
  const newest = await newestOf(needs, purpose)
  if (stateAt(newest, now) === 'announced') return { key: newest, isNew: false }
  const key = await makeKey(needs, purpose, announcedFrom(now))
  const retiredFrom = later(key.activeFrom, isSigning(purpose) ? SIGNING_KEY_KEPT_SECONDS : COOKIE_KEY_KEPT_SECONDS)
  const isNew = await needs.transaction(async (stores) => {
    if (!(await stores.keys.follow(newest.id, key, retiredFrom))) return false
    const details = { purpose, active_from: key.activeFrom.toISOString(), follows: newest.id }
    await record(stores, actor, { event: 'key.announced', id: key.id, details })
    return true
  })
  return isNew ? { key, isNew } : { key: await newestOf(needs, purpose), isNew }
}

/**
 * For keys that somebody else may know: withdraws every key of this purpose, and uses a new one from now on. What they
 * have made is worth nothing from then on. Answers the new one.
 */
export async function replaceKey(needs: Needs, { purpose, actor }: Act): Promise<StoredKey> {
  const key = await makeKey(needs, purpose, activeAtOnce(needs.clock()))
  await needs.transaction(async (stores) => {
    const withdrawn = (await stores.keys.list()).filter((one) => one.purpose === purpose)
    for (const { id } of withdrawn) {
      if (await stores.keys.remove(id))
        await record(stores, actor, { event: 'key.withdrawn', id, details: { purpose } })
    }
    await stores.keys.addFirst([key])
    const standing = await stores.keys.list()
    if (standing.every(({ id }) => id !== key.id)) {
      throw new Error('Another key was announced at this very moment, and nothing was changed: try again.')
    }
    await record(stores, actor, { event: 'key.replaced', id: key.id, details: { purpose } })
  })
  return key
}

/** Announces what is due, and takes away what has retired. */
export function keyRotation(needs: Needs & Pick<Campus, 'metrics'> & { log: Pick<Logger, 'info'> }): LeaderWork {
  const { config, clock, log } = needs
  const days = { ES256: config.keyRotationDays, RS256: config.keyRotationDays, cookies: config.cookieKeyRotationDays }
  return {
    name: 'key rotation',
    everySeconds: EVERY_SECONDS,
    async run({ mayGoOn }) {
      const stored = await needs.keys.list()
      for (const purpose of ROTATED_PURPOSES) {
        const due = stored.some((key) => key.purpose === purpose && isSuccessorDue(key, clock(), days[purpose]))
        if (!due || !(await mayGoOn())) continue
        const { key, isNew } = await announceKey(needs, { purpose, actor: 'system' })
        if (!isNew) continue
        log.info({ key: key.id, purpose, activeFrom: key.activeFrom }, 'announced the next key')
        needs.metrics.count('campus_key_rotations_total', { purpose })
      }
      for (const key of stored.filter((one) => stateAt(one, clock()) === 'retired')) {
        if (await mayGoOn()) await removeRetired(needs, key)
      }
    },
  }
}

async function removeRetired(needs: Needs, { id, purpose }: StoredKey): Promise<void> {
  await needs.transaction(async (stores) => {
    if (await stores.keys.remove(id)) await record(stores, 'system', { event: 'key.removed', id, details: { purpose } })
  })
}

async function newestOf({ keys }: Pick<Campus, 'keys'>, purpose: KeyPurpose): Promise<StoredKey> {
  const newest = (await keys.list()).find((key) => key.purpose === purpose && key.retiringFrom === null)
  if (!newest) throw new Error(`There is no key for ${purpose} yet: the first start of the server makes it.`)
  return newest
}

interface Happening {
  event: string
  id: string
  details: Record<string, string>
}

async function record({ audit }: Pick<Stores, 'audit'>, actor: string, { id, ...row }: Happening): Promise<void> {
  await audit.record({ result: 'success', actor, subject: `key:${id}`, ...row })
}
