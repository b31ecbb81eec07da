import { timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Randomness } from '../campus.ts'
import type { Keyring, Mac, Secret } from '../keys/keys.ts'
import type { PersonId } from '../people/people.ts'

/** Browsers keep no cookie for longer (RFC 6265bis §5.5). */
export const LIFETIME_SECONDS = 400 * 24 * 60 * 60

const PEOPLE_MAX = 5
const VALUE_LENGTH_MAX = 1_024

/** The key's identifier, a hash under that key, and when the person last signed in here, in milliseconds since 1970. */
const acquaintance = z.tuple([z.string(), z.string(), z.number()])

const contents = z.object({
  id: z.string().min(16),
  /** Whom it knows, the latest first. */
  people: z.array(acquaintance).max(PEOPLE_MAX),
  /** Milliseconds since 1970. */
  issuedAt: z.number(),
})

export type DeviceContents = z.infer<typeof contents>
type Acquaintance = z.infer<typeof acquaintance>

/** The ring of the cookies, and what is made under its keys. */
export interface DeviceKeys {
  ring: Keyring
  mac: Mac
}

/**
 * Adds a person to what a device knows, and gives it its first identifier. Entries under older keys stay as they are:
 * they cannot be made again without knowing whom they mean, and that is the point of them.
 */
export function introduce(
  { keys, random, now }: { keys: DeviceKeys; random: Randomness; now: Date },
  device: DeviceContents | null,
  personId: PersonId,
): DeviceContents {
  const id = device?.id ?? random.token(16)
  const others = device?.people.filter((entry) => !means(keys, id, entry, personId)) ?? []
  const entry: Acquaintance = [keys.ring[0].id, personHash(keys, keys.ring[0], id, personId), now.getTime()]
  return { id, people: [entry, ...others].slice(0, PEOPLE_MAX), issuedAt: now.getTime() }
}

export function knowsPerson(keys: DeviceKeys, device: DeviceContents, personId: PersonId, since?: Date): boolean {
  const entry = device.people.find((one) => means(keys, device.id, one, personId))
  return entry !== undefined && (since === undefined || entry[2] > since.getTime())
}

/** `<base64url JSON>.<key identifier>.<MAC>` under the first key. */
export function encodeDevice(keys: DeviceKeys, device: DeviceContents): string {
  const payload = Buffer.from(JSON.stringify(device)).toString('base64url')
  return `${payload}.${keys.ring[0].id}.${signature(keys, keys.ring[0], payload)}`
}

/** null for everything that we have not signed with a key that still counts, and for what has grown too old. */
export function decodeDevice(keys: DeviceKeys, value: string, now: Date): DeviceContents | null {
  if (value.length > VALUE_LENGTH_MAX) return null
  const [, payload, keyId, mac] = /^([\w-]+)\.(.+)\.([\w-]+)$/.exec(value) ?? []
  const key = keys.ring.find(({ id }) => id === keyId)
  if (!payload || !mac || !key || !sameText(mac, signature(keys, key, payload))) return null
  // Ours, as the signature shows; another version's, if it does not parse.
  const device = contents.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()))
  return device.success && device.data.issuedAt + LIFETIME_SECONDS * 1_000 > now.getTime() ? device.data : null
}

function means(keys: DeviceKeys, deviceId: string, [keyId, hash]: Acquaintance, personId: PersonId): boolean {
  const key = keys.ring.find(({ id }) => id === keyId)
  return key !== undefined && sameText(hash, personHash(keys, key, deviceId, personId))
}

/** With the device in it, so that two devices of one person do not show that they are. */
function personHash({ mac }: DeviceKeys, key: Secret, deviceId: string, personId: PersonId): string {
  return mac(key, 'known device person', `${deviceId}\n${personId}`).subarray(0, 16).toString('base64url')
}

function signature({ mac }: DeviceKeys, key: Secret, payload: string): string {
  return mac(key, 'known device cookie', payload).toString('base64url')
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
