/** Password hashes by argon2id, in threads of their own, behind one bounded and fair queue a process. */
import type { Randomness } from '../../src/campus.ts'
import type { Keyring } from '../../src/keys/keys.ts'
import type { Metrics } from '../../src/metrics/metrics.ts'
import type { PasswordHasher } from '../../src/passwords/passwords.ts'
import { isWeakerThanToday } from './argon2.ts'
import type { HashingAnswer, HashingJob, HashingThreadData } from './hashing-job.ts'
import { type JobWatch, openThreadPool } from './thread-pool.ts'

/** About two seconds of work for a thread, as measured: 125 hashes a second, and 45 by the fallback. */
const QUEUE_MAX_A_THREAD = { fast: 250, fallback: 90 }
const RETRY_AFTER_SECONDS = 2

export interface HashingOptions {
  /** Argon2's own keyed input: without a pepper a stolen table cannot be guessed at. The first makes new hashes. */
  peppers: Keyring
  /** See `hashingThreads`. */
  threads: number
  random: Randomness
  /** How many jobs may wait, over all threads. */
  queueMax?: number
  /** Hashes with the `argon2` package instead of `@node-rs/argon2`; what either wrote, both read. */
  fallback?: boolean
  metrics?: Metrics
}

/** The cores are shared by `workers` processes of this server; each takes its part, and at least one thread. */
export function hashingThreads(cores: number, workers: number): number {
  return Math.max(1, Math.floor(cores / workers))
}

/** Ready once a first hash is made, so that a machine on which hashing does not work is noticed at the start. */
export async function openHashing(options: HashingOptions): Promise<PasswordHasher> {
  const { peppers, threads, random, fallback = false, metrics } = options
  const data: HashingThreadData = { fallback }
  const queueMax = options.queueMax ?? threads * QUEUE_MAX_A_THREAD[fallback ? 'fallback' : 'fast']
  const pool = openThreadPool<HashingJob, HashingAnswer>({
    file: besideThisFile('hashing-worker'),
    data,
    threadsMax: threads,
    queueMax,
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    ...(metrics && { watch: countJobs(metrics) }),
  })
  metrics?.gauge('campus_hashing_waiting', () => pool.load().waiting)
  metrics?.gauge('campus_hashing_waiting_max', () => queueMax)
  metrics?.gauge('campus_hashing_running', () => pool.load().running)

  const hash: PasswordHasher['hash'] = async (password, hashingFor) => {
    const [{ id, value }] = peppers
    const answer = await pool.run({ kind: 'hash', password, pepper: new Uint8Array(value) }, hashingFor)
    if (answer.kind !== 'hashed') throw unexpected(answer)
    return `${id}:${answer.phc}`
  }

  const verify: PasswordHasher['verify'] = async (encoded, password, hashingFor) => {
    const { pepperId, phc } = parseEncoded(encoded)
    const pepper = peppers.find(({ id }) => id === pepperId)
    if (!pepper) throw new Error(`no pepper is called "${pepperId}", but a stored password hash was made with it`)
    const job: HashingJob = { kind: 'verify', phc, password, pepper: new Uint8Array(pepper.value) }
    const answer = await pool.run(job, hashingFor)
    if (answer.kind !== 'verified') throw unexpected(answer)
    return answer.matches
  }

  const isOutdated: PasswordHasher['isOutdated'] = (encoded) => {
    const { pepperId, phc } = parseEncoded(encoded)
    return pepperId !== peppers[0].id || isWeakerThanToday(phc)
  }

  try {
    const decoy = await hash(random.token(32), { address: 'start', account: 'decoy' })
    return { hash, verify, isOutdated, decoy, close: pool.close }
  } catch (error) {
    await pool.close()
    throw error
  }
}

function countJobs(metrics: Metrics): JobWatch<HashingJob> {
  const count = (kind: HashingJob['kind'], result: 'done' | 'shed' | 'died') =>
    metrics.count('campus_hashing_jobs_total', { kind, result })
  return {
    taken: (_job, waitedSeconds) => metrics.observe('campus_hashing_wait_seconds', {}, waitedSeconds),
    ended({ kind }, result, ranSeconds) {
      count(kind, result)
      metrics.observe('campus_hashing_duration_seconds', { kind }, ranSeconds)
    },
    shed: ({ kind }) => count(kind, 'shed'),
  }
}

/** The pepper's identifier stands before the first colon; a PHC string follows. */
function parseEncoded(encoded: string): { pepperId: string; phc: string } {
  const colon = encoded.indexOf(':')
  return { pepperId: encoded.slice(0, Math.max(0, colon)), phc: encoded.slice(colon + 1) }
}

/** Threads load their file themselves: a `.ts` beside the sources, a `.js` where they were built. */
function besideThisFile(name: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'))
  return new URL(`./${name}${extension}`, import.meta.url)
}

function unexpected(answer: HashingAnswer): Error {
  return new Error(answer.kind === 'failed' ? `hashing failed: ${answer.message}` : 'hashing gave the wrong answer')
}
