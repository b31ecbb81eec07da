import type { AuditLog, AuditRow } from './audit.ts'
import { type ChainHead, chainStart, hashOf, headAt, sameHash } from './chain.ts'

const PAGE_ROWS = 1_000

export type Verification =
  | { ok: true; rows: number }
  /** The first row that does not hold. */
  | { ok: false; writer: string; sequence: number; why: Flaw }

/**
 * `missing`: a row before this one is gone. `repeated`: its place in the chain is taken. `unlinked`: it does not follow
 * the row before it. `altered`: its fields are not those that were sealed.
 */
export type Flaw = 'missing' | 'repeated' | 'unlinked' | 'altered'

/**
 * Rows from the start of each writer's chain, in order; writers may alternate. Rows cut off at the end of a chain leave
 * no gap: they show only against a head that was kept elsewhere (docs/operations/audit.md).
 */
export function verifyChain(rows: Iterable<AuditRow>): Verification {
  const walk = chainWalk()
  for (const row of rows) {
    const why = walk.flawIn(row)
    if (why !== null) return { ok: false, writer: row.writer, sequence: row.sequence, why }
  }
  return { ok: true, rows: walk.rows() }
}

/** Walks every chain of the log, page by page. */
export async function verifyTrail(log: Pick<AuditLog, 'writers' | 'chain'>): Promise<Verification> {
  const walk = chainWalk()
  for (const writer of await log.writers()) {
    let after = 0
    for (;;) {
      const page = await log.chain(writer, after, PAGE_ROWS)
      for (const row of page) {
        const why = walk.flawIn(row)
        if (why !== null) return { ok: false, writer: row.writer, sequence: row.sequence, why }
      }
      const last = page.at(-1)
      if (last === undefined) break
      after = last.sequence
    }
  }
  return { ok: true, rows: walk.rows() }
}

function chainWalk() {
  const heads = new Map<string, ChainHead>()
  let rows = 0
  return {
    rows: () => rows,
    flawIn(row: AuditRow): Flaw | null {
      const head = heads.get(row.writer) ?? chainStart(row.writer)
      if (row.sequence <= head.sequence) return 'repeated'
      if (row.sequence > head.sequence + 1) return 'missing'
      if (!sameHash(row.previous, head.hash)) return 'unlinked'
      if (!sameHash(row.hash, hashOf(row))) return 'altered'
      heads.set(row.writer, headAt(row))
      rows += 1
      return null
    },
  }
}
