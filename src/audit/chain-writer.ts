/** One process's chain in the log, also when the log leaves it in the dark about what it has written. */
import type { Logger } from 'pino'
import type { Randomness } from '../campus.ts'
import type { AuditLog, AuditRow } from './audit.ts'
import { type ChainHead, chainStart, type Draft, headAt, linkAll, sameHash } from './chain.ts'

/** Conflicts in a row that one append resolves; a log that keeps contradicting itself is a failure. */
const CONFLICTS_MAX = 3
const DOUBTS_MAX = 20

export interface ChainWriter<Entry extends Draft> {
  /**
   * One call at a time. Resolves when all are committed. Rejects when they are not there; an append that was cut off
   * may still be committed afterwards, and is then reported to `onLate` by a later call.
   */
  append(entries: readonly Entry[]): Promise<void>
}

interface Batch<Entry> {
  entries: readonly Entry[]
  rows: AuditRow[]
}

interface Parts<Entry> {
  log: AuditLog
  random: Randomness
  logger: Logger
  /** These were thought to have failed, and stand in the log. */
  onLate(entries: readonly Entry[]): void
}

/**
 * A failed append leaves the head where it was, so every batch of unknown outcome and the next one claim the same first
 * place; the primary key (writer, sequence) lets one of them in. Who stands there tells what happened: no guess is
 * needed, and no order of late commits can break the chain.
 */
export function createChainWriter<Entry extends Draft>(parts: Parts<Entry>): ChainWriter<Entry> {
  const { log, random, logger, onLate } = parts
  let head: ChainHead = chainStart(random.uuid())
  let doubts: Batch<Entry>[] = []

  function advanceBeyond(batch: Batch<Entry>): void {
    const last = batch.rows.at(-1)
    if (last !== undefined) head = headAt(last)
    doubts = []
  }

  function startAnew(): void {
    head = chainStart(random.uuid())
    doubts = []
  }

  /** Which of the batches that may have been written was; `none` so far, or a `stranger` that we never sent. */
  async function whoStands(): Promise<Batch<Entry> | 'none' | 'stranger'> {
    const longest = Math.max(...doubts.map(({ rows }) => rows.length))
    const standing = await log.chain(head.writer, head.sequence, longest + 1)
    if (standing.length === 0) return 'none'
    return doubts.find(({ rows }) => sameRows(rows, standing)) ?? 'stranger'
  }

  /** Answers the entries that are still to be written; rethrows where nothing more can be done now. */
  async function settle(failed: Batch<Entry>, error: unknown): Promise<readonly Entry[]> {
    doubts.push(failed)
    if (doubts.length > DOUBTS_MAX) {
      // Nothing was written for long. Another writer cannot conflict with any of them, so they need not be remembered.
      startAnew()
      throw error
    }
    const standing = await whoStands().catch(() => 'none' as const)
    if (standing === 'none') throw error
    if (standing === 'stranger') {
      logger.error({ writer: head.writer, sequence: head.sequence + 1 }, 'an audit row stands here that is not ours')
      startAnew()
      return failed.entries
    }
    advanceBeyond(standing)
    if (standing === failed) return []
    onLate(standing.entries)
    return failed.entries.filter((entry) => !standing.entries.includes(entry))
  }

  return {
    async append(entries) {
      let rest = entries
      for (let conflicts = 0; rest.length > 0; conflicts += 1) {
        const batch = { entries: rest, rows: linkAll(head, rest) }
        try {
          await log.append(batch.rows)
          advanceBeyond(batch)
          return
        } catch (error) {
          if (conflicts === CONFLICTS_MAX) throw error
          rest = await settle(batch, error)
        }
      }
    },
  }
}

/**
 * A note is tried again in other company: two batches may begin alike and differ in their end. The last hash seals all
 * before it.
 */
function sameRows(left: readonly AuditRow[], right: readonly AuditRow[]): boolean {
  const [leftLast, rightLast] = [left.at(-1), right.at(-1)]
  return leftLast !== undefined && rightLast !== undefined && sameHash(leftLast.hash, rightLast.hash)
}
