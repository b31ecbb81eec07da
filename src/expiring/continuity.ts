/**
 * Notices that the store of what expires has forgotten what it had acknowledged: it was wiped, or an older copy of its
 * data was put in its place, in which used codes are unused and rotated tokens stand. A mark that only rises is written
 * there once a second, and noted in PostgreSQL once it stands. Where the store's is lower than the one that was noted,
 * whatever was issued before is refused, by the gate. A roll-back of less than a second can escape it.
 */
import type { Logger } from 'pino'
import type { Randomness, Timer } from '../campus.ts'
import type { Unavailable } from '../errors.ts'
import type { ExpiringStore, Key } from './expiring.ts'

/** In PostgreSQL: the highest mark of each name that is known to have stood. */
export interface MarkStore {
  /** 0 where none was noted. */
  noted(): Promise<ReadonlyMap<string, number>>
  /** Never lowers one. */
  note(marks: ReadonlyMap<string, number>): Promise<void>
}

export interface Continuity {
  /** Answers no call while it is unknown whether the store has forgotten something. */
  guarded: ExpiringStore
  /** The connection was lost: what is behind the next one is to be looked at first. */
  doubt(): void
  /** Looks now. Rejects where the store or PostgreSQL is away. */
  prove(): Promise<void>
  stop(): Promise<void>
}

export interface Needs {
  store: ExpiringStore
  marks: MarkStore
  /** One for a store that is wiped or set back as a whole; several where its parts are servers of their own. */
  names: readonly string[]
  /** Refuses whatever was issued before now, for good, and leaves a row in the audit. */
  endEverything(): Promise<void>
  log: Pick<Logger, 'warn'>
  random: Randomness
  timer: Timer
}

const EVERY_MILLISECONDS = 1_000
/** While nothing is answered. */
const DOUBTING_MILLISECONDS = 50
const MARK_SECONDS = 400 * 24 * 60 * 60
const PROBE_SECONDS = 10

const keyOf = (name: string): Key => `expiring:mark:${name}`

export function createContinuity(needs: Needs): Continuity {
  const { store, timer } = needs
  let doubts = 1
  let provenAt = 0
  let stopped = false
  let turns: Promise<void> = Promise.resolve()
  let cancel = () => {}

  function prove(): Promise<void> {
    const mine = turns.then(async () => {
      const asOf = doubts
      await look(needs)
      provenAt = asOf
    })
    turns = mine.catch(() => undefined)
    return mine
  }

  function next(): void {
    cancel()
    if (stopped) return
    cancel = timer(provenAt === doubts ? EVERY_MILLISECONDS : DOUBTING_MILLISECONDS, () => {
      // A store that is away is told of by whoever needs it.
      void prove()
        .catch(() => undefined)
        .then(next)
    })
  }
  next()

  const whenProven =
    <Args extends unknown[], Answer>(call: (...args: Args) => Promise<Answer>) =>
    (...args: Args): Promise<Answer> =>
      provenAt === doubts ? call(...args) : Promise.reject(unproven())

  return {
    guarded: {
      read: whenProven(store.read),
      readAll: whenProven(store.readAll),
      put: whenProven(store.put),
      reserve: whenProven(store.reserve),
      swap: whenProven(store.swap),
      take: whenProven(store.take),
      remove: whenProven(store.remove),
      count: whenProven(store.count),
      countAll: whenProven(store.countAll),
      putWithin: whenProven(store.putWithin),
      listed: whenProven(store.listed),
      ping: whenProven(store.ping),
    },
    doubt() {
      doubts++
      next()
    },
    prove,
    async stop() {
      stopped = true
      cancel()
      await turns
    },
  }
}

async function look(needs: Needs): Promise<void> {
  const { store, marks, names, random } = needs
  // Noted first: whatever was noted by then stood before we read, and can only have risen.
  const noted = await marks.noted()
  // A server that is cut off may be behind without having forgotten anything: what it says counts if it can decide.
  const token = random.token(12)
  await store.reserve(keyOf(`probe:${token}`), token, { seconds: PROBE_SECONDS })
  const standing = await whatAnswers(
    names.map(async (name) => ({ name, raw: await store.read(keyOf(name)), known: noted.get(name) ?? 0 })),
  )
  const forgotten = standing.filter(({ raw, known }) => Number(raw ?? 0) < known)
  if (forgotten.length > 0) {
    needs.log.warn({ marks: forgotten.map(({ name }) => name) }, 'the store has forgotten: everybody signs in anew')
    await needs.endEverything()
  }
  const risen = await whatAnswers(standing.map(async (one) => [one.name, await rise(store, one)] as const))
  await marks.note(new Map(risen))
}

/** Of a store in parts some may be away: the others are looked at all the same. */
async function whatAnswers<Answer>(asked: readonly Promise<Answer>[]): Promise<Answer[]> {
  const settled = await Promise.allSettled(asked)
  const answers = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failure = settled.find((one) => one.status === 'rejected')
  if (answers.length === 0 && failure) throw failure.reason
  return answers
}

/** The mark that stands afterwards: ours, or that of another process which was quicker. */
async function rise(store: ExpiringStore, { name, raw, known }: { name: string; raw: string | null; known: number }) {
  const next = String(Math.max(Number(raw ?? 0), known) + 1)
  const expiry = { seconds: MARK_SECONDS }
  if (raw === null) return Number(await store.reserve(keyOf(name), next, expiry))
  const swap = await store.swap(keyOf(name), raw, next, expiry)
  return Number(swap.swapped ? next : (swap.current ?? known))
}

function unproven(): Unavailable {
  const error = new Error('it is not known yet whether the store has forgotten something')
  return Object.assign(error, { unavailable: 'redis' as const, retryAfterSeconds: 2 })
}
