/**
 * What becomes of a key, from its times alone. It is announced long enough before it is used that everybody has learned
 * of it, and kept long enough afterwards that nothing is left that it made. The states follow from the clock, so that
 * all processes change over at one moment; a clock that is a few seconds off finds a key that is known already, or
 * known still.
 */

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What is promised to relying parties: for so long they may use a key set that they have fetched. */
export const KEY_SET_CACHED_SECONDS = HOUR

/** `max-age` of the key set: what a shared cache in between may add to that. */
export const KEY_SET_MAX_AGE_SECONDS = 5 * MINUTE

/** Clocks of two processes differ by less, and a process that is well has learned of a new key by then. */
const SKEW_AND_PICK_UP_SECONDS = 5 * MINUTE

/** From the announcement of a key to its first use: until everybody knows it, and some time to spare. */
export const ANNOUNCED_SECONDS =
  KEY_SET_CACHED_SECONDS + KEY_SET_MAX_AGE_SECONDS + SKEW_AND_PICK_UP_SECONDS + 50 * MINUTE

/**
 * From the last use of a key to its end. Tokens that are signed live for an hour at most, but a relying party may send
 * an ID token back to say who signs out (`id_token_hint`), which is good for as long as a grant.
 */
export const SIGNING_KEY_KEPT_SECONDS = 30 * DAY

/** The cookie of a known device lives longest, 400 days from the last sign-in on it. */
export const COOKIE_KEY_KEPT_SECONDS = 401 * DAY

export type KeyState = 'announced' | 'active' | 'retiring' | 'retired'

export interface KeyTimes {
  announcedAt: Date
  activeFrom: Date
  /** Where the next key begins, and this one ends; both null as long as nothing follows it. */
  retiringFrom: Date | null
  retiredFrom: Date | null
}

export function stateAt({ activeFrom, retiringFrom, retiredFrom }: KeyTimes, now: Date): KeyState {
  if (retiredFrom !== null && retiredFrom <= now) return 'retired'
  if (retiringFrom !== null && retiringFrom <= now) return 'retiring'
  return activeFrom <= now ? 'active' : 'announced'
}

/** null: nothing will happen to it until another key is announced. */
export function nextStepOf(times: KeyTimes, now: Date): { state: KeyState; at: Date } | null {
  const steps = [
    { state: 'active', at: times.activeFrom },
    { state: 'retiring', at: times.retiringFrom },
    { state: 'retired', at: times.retiredFrom },
  ] as const
  const next = steps.find(({ at }) => at !== null && at > now)
  return next?.at ? { state: next.state, at: next.at } : null
}

/** The times of a key that is to follow another one. */
export function announcedFrom(now: Date): KeyTimes {
  return { announcedAt: now, activeFrom: later(now, ANNOUNCED_SECONDS), retiringFrom: null, retiredFrom: null }
}

/** The times of a key that everybody must use at once. */
export function activeAtOnce(now: Date): KeyTimes {
  return { announcedAt: now, activeFrom: now, retiringFrom: null, retiredFrom: null }
}

/**
 * Whether the next key is to be announced now, so that it begins when this one has been in use for so many days. Never
 * for one that is itself only announced, or that another one follows already.
 */
export function isSuccessorDue(newest: KeyTimes, now: Date, days: number): boolean {
  if (days === 0 || newest.retiringFrom !== null || newest.activeFrom > now) return false
  return now >= later(newest.activeFrom, days * DAY - ANNOUNCED_SECONDS)
}

export function later(moment: Date, seconds: number): Date {
  return new Date(moment.getTime() + seconds * 1_000)
}

/** The keys from one moment on, until the next phase: which makes things, and which are known beside it. */
export interface Phase<Key> {
  from: Date
  /** Of each purpose the one that makes things stands first. Never empty. */
  keys: readonly Key[]
}

const ORDER: Record<KeyState, number> = { active: 0, announced: 1, retiring: 2, retired: 3 }

/**
 * The phases that these keys, the oldest first, will go through, from the present one, which counts from `now`. A phase
 * begins where a key does; one that has retired goes when its row is taken away, and nobody waits for that moment. A
 * process whose clock is behind that of the one which made the first key finds it announced and alone, and uses it.
 */
export function phasesOf<Key extends KeyTimes>(keys: readonly Key[], now: Date): [Phase<Key>, ...Phase<Key>[]] {
  const ahead = keys.map(({ activeFrom }) => activeFrom.getTime()).filter((time) => time > now.getTime())
  const times = [...new Set(ahead)].toSorted((a, b) => a - b).map((time) => new Date(time))
  return [phaseAt(keys, now), ...times.map((time) => phaseAt(keys, time))]
}

function phaseAt<Key extends KeyTimes>(keys: readonly Key[], from: Date): Phase<Key> {
  const known = keys.filter((key) => stateAt(key, from) !== 'retired')
  const byState = (a: Key, b: Key) => ORDER[stateAt(a, from)] - ORDER[stateAt(b, from)]
  return { from, keys: known.toSorted(byState) }
}
