/**
 * What was asked of the servers while something was broken, and what they answered: one JSON line each. Codes, tokens
 * and sessions stand in it as hashes. Whether it was right is decided afterwards, by history-checker.ts alone.
 */
import { createHash } from 'node:crypto'
import { createWriteStream, mkdirSync } from 'node:fs'
import { finished } from 'node:stream/promises'

/**
 * `ok`: what was asked for was given or done. `refused`: a definite no. `unavailable`: 503, come again. `error`: any
 * other failure, a cut connection included. `timeout`: no answer in the time that the client waits at all.
 */
export type Outcome = 'ok' | 'refused' | 'unavailable' | 'error' | 'timeout'

export interface Operation {
  entry: 'operation'
  what: string
  /** Milliseconds since the history began: when the request was sent. */
  at: number
  /** Milliseconds until the last byte of its answer was there, measured by the client. */
  took: number
  server: number
  outcome: Outcome
  status: number | null
  /** What it presents that may be used once. */
  uses?: string
  /** What its success rests on: a session, a family of tokens. */
  within?: readonly string[]
  /** What a success ends, for good. */
  ends?: readonly string[]
  /** What a success promises to keep. */
  keeps?: string
}

export interface Fault {
  entry: 'fault'
  what: string
  at: number
  /** When what was taken away was given back; null where it comes back by itself (a failover). */
  returnedAt: number | null
  /** `errors`: from the first failed answer to the last. `return`: from `returnedAt` to the last. */
  bound: { from: 'errors' | 'return'; milliseconds: number }
}

/** All of a kind of promise that was found when everything was over. */
export interface Found {
  entry: 'found'
  /** The beginning of the names that were looked for, such as `audit:`. */
  prefix: string
  names: readonly string[]
}

export interface Exit {
  entry: 'exit'
  at: number
  server: number
}

export type Entry = Operation | Fault | Found | Exit

export interface Recorder {
  now(): number
  add(entry: Entry): void
  entries(): readonly Entry[]
  /** The file is complete. */
  close(): Promise<void>
}

export function hashOf(value: string): string {
  return createHash('sha256').update(value).digest('base64url').slice(0, 16)
}

/** In a folder for histories, under a name of its own. */
export function openRecorder(folder: string, name: string, clock: () => number = () => performance.now()): Recorder {
  mkdirSync(folder, { recursive: true })
  const file = createWriteStream(`${folder}/${name}.jsonl`)
  const entries: Entry[] = []
  const began = clock()
  return {
    now: () => clock() - began,
    add(entry) {
      entries.push(entry)
      file.write(`${JSON.stringify(entry)}\n`)
    },
    entries: () => entries,
    async close() {
      file.end()
      await finished(file)
    },
  }
}
