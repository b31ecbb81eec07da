/** The keys that this process works with: read at its start and after every change, and at their time put to use. */
import type { Campus } from '../campus.ts'
import { createFingerprint, createMac, type Fingerprint, type Mac } from './derived-keys.ts'
import { showKeys } from './key-metrics.ts'
import type { Keyring, Secret, StoredKey } from './keys.ts'
import { activeAtOnce, type KeyTimes, type Phase, phasesOf } from './life-cycle.ts'
import { makeKey } from './make-key.ts'
import { openSecret, openSigningKey, type SigningKey } from './open-key.ts'
import { isSigning, KEY_PURPOSES, type KeyPurpose } from './purposes.ts'

type Opened<Value> = KeyTimes & { value: Value }

type Prepare = (phases: readonly Phase<SigningKey>[]) => Promise<void>

/** Each answer holds for the moment of asking: nothing of it may be kept from one request to the next. */
export interface Keyrings {
  cookies(): Keyring
  /** For what must be found again under its fingerprint, and be told by nobody. Its key is never rotated. */
  fingerprint: Fingerprint
  /** Under a key derived from one secret of a ring. */
  mac: Mac
  /** The present phase and those that are known to come. A phase is the same object until the keys are changed. */
  signing(): readonly Phase<SigningKey>[]
  /** What is to come after a change; it comes once everybody who asked has prepared for it. Answers how to end it. */
  whenSigningKeysChange(prepare: Prepare): () => void
}

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'metrics' | 'keys' | 'changes'>

/** Makes the keys at the first start of an installation. Throws where one cannot be opened. */
export async function openKeyrings(needs: Needs): Promise<Keyrings & { close(): void }> {
  const { clock, keys, changes } = needs
  const listeners = new Set<Prepare>()
  const open = createOpener(needs)
  const mac = createMac()
  let stored: readonly StoredKey[] = await listOrMake(needs)
  let opened = open(stored)
  showKeys(needs, () => stored)

  const unsubscribe = changes.subscribe('keys', async () => {
    const changed = await keys.list()
    const next = open(changed)
    await Promise.all([...listeners].map((prepare) => prepare(next.signing)))
    opened = next
    stored = changed
  })

  return {
    cookies: () => presentOf(opened.cookies, clock()).ring,
    fingerprint: createFingerprint(() => presentOf(opened.fingerprints, clock()).ring, mac),
    mac,
    signing: () => {
      presentOf(opened.signing, clock())
      return opened.signing
    },
    whenSigningKeysChange(prepare) {
      listeners.add(prepare)
      return () => void listeners.delete(prepare)
    },
    close: unsubscribe,
  }
}

async function listOrMake(needs: Needs): Promise<StoredKey[]> {
  const stored = await needs.keys.list()
  const missing = KEY_PURPOSES.filter((purpose) => stored.every((key) => key.purpose !== purpose))
  if (missing.length === 0) return stored
  const times = activeAtOnce(needs.clock())
  await needs.keys.addFirst(await Promise.all(missing.map((purpose) => makeKey(needs, purpose, times))))
  // Somebody else may have been quicker.
  return needs.keys.list()
}

/**
 * What was opened once is not opened again. So a process goes on that does not hold the secret by which its keys were
 * sealed anew while it ran.
 */
function createOpener({ config, clock }: Needs) {
  const ring = config.keyEncryptionKeys
  const openPairs = remembering((key) => openSigningKey(ring, key))
  const openCookieKeys = remembering((key) => openSecret(ring, key))
  const openFingerprintKeys = remembering((key) => openSecret(ring, key))
  return (stored: readonly StoredKey[]) => {
    const now = clock()
    const having = (purpose: KeyPurpose) => stored.filter((key) => key.purpose === purpose)
    const pairs = stored.filter(({ purpose }) => isSigning(purpose))
    return {
      signing: phasesOf(openPairs(pairs), now).map(({ from, keys }) => ({
        from,
        keys: keys.map(({ value }) => value),
      })),
      cookies: phasesOf(openCookieKeys(having('cookies')), now).map(ringFrom),
      fingerprints: phasesOf(openFingerprintKeys(having('fingerprints')), now).map(ringFrom),
    }
  }
}

function remembering<Value>(openOne: (key: StoredKey) => Value): (stored: readonly StoredKey[]) => Opened<Value>[] {
  let known: ReadonlyMap<string, Value> = new Map()
  return (stored) => {
    const opened = stored.map((key) => ({ ...key, value: known.get(key.id) ?? openOne(key) }))
    known = new Map(opened.map(({ id, value }) => [id, value]))
    return opened
  }
}

function ringFrom({ from, keys }: Phase<Opened<Secret>>): { from: Date; ring: Keyring } {
  const [first, ...others] = keys.map(({ value }) => value)
  if (!first) throw new Error('the database holds no key of a purpose that needs one')
  return { from, ring: [first, ...others] }
}

/** Forgets the phases that are over. */
function presentOf<Any extends { from: Date }>(phases: Any[], now: Date): Any {
  while (phases[1] && phases[1].from <= now) phases.shift()
  const [present] = phases
  if (!present) throw new Error('there is no phase')
  return present
}
