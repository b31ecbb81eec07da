import type { ActingTrail } from '../audit/audit.ts'
import type { Campus } from '../campus.ts'
import { ALL } from '../gate/gate.ts'
import type { LastingData, Restoration, SchemaStep } from './backup.ts'
import { type Manifest, refused } from './backup-format.ts'
import { readBackup } from './read-backup.ts'
import { total } from './write-backup.ts'

export type RestoreNeeds = Pick<Campus, 'config' | 'clock'> & { lasting: LastingData; act: ActingTrail['act'] }

export interface Restoring {
  /** Absolute. */
  path: string
  actor: string
  /** Whether what the database holds may be replaced; not asked where it holds nothing. */
  mayReplace(occupied: readonly string[]): Promise<boolean>
  /** Until the transaction ends, leaving undoes it all. */
  signal: AbortSignal
}

export interface Restored {
  manifest: Manifest
  rows: Record<string, number>
  /** Whatever was issued before this moment is refused. */
  notBefore: Date
}

/**
 * Puts a backup into the database: all of it or nothing. The file is read twice, so that a broken one changes nothing
 * and an unbroken one need not be held in memory. null: the answer was no.
 */
export async function restoreBackup(
  needs: RestoreNeeds,
  { path, actor, mayReplace, signal }: Restoring,
): Promise<Restored | null> {
  const { lasting, config } = needs
  const { manifest } = await readBackup(path, config.keyEncryptionKeys)
  if ((await lasting.others()) > 0) {
    throw refused('Other programs of Campus ID are connected to this database: stop every server and command first.')
  }
  await expectFitting(lasting, manifest)
  const occupied = await lasting.restoration((inside) => inside.occupied())
  if (occupied.length > 0 && !(await mayReplace(occupied))) return null

  return needs.act((bind) =>
    lasting.restoration(async (inside) => {
      await inside.migrate(manifest.migrations.length)
      await expectUnoccupied(inside, occupied)
      await inside.clear()
      const { rows } = await readBackup(path, config.keyEncryptionKeys, {
        rows: (table, lines) => {
          signal.throwIfAborted()
          return inside.insert(table, lines)
        },
      })
      await inside.finish()
      await inside.migrate()
      const notBefore = later(needs.clock(), await inside.now())
      await inside.notBefore.set('everything', ALL, { at: notBefore, reason: 'restored', expiresAt: null })
      await bind(inside.auditLog).record({
        event: 'backup.restored',
        result: 'success',
        actor,
        // What happened in between is not in the database any more, unless its audit rows stood there.
        details: { from: moment(manifest.createdAt), to: moment(notBefore), rows: total(rows) },
      })
      return { manifest, rows, notBefore }
    }),
  )
}

/** A backup comes back into the schema that it was taken from, and is brought forward from there. */
async function expectFitting(lasting: LastingData, { migrations, version }: Manifest): Promise<void> {
  const [known, applied] = [await lasting.knownSteps(), await lasting.appliedSteps()]
  if (migrations.length > known.length)
    throw refused(`It was made by a newer version (${version}): restore it with that one.`)
  const stranger = [migrations, applied].map((steps) => firstDifference(steps, known)).find((name) => name !== null)
  if (stranger) throw refused(`Its history of migrations is not that of this version (${stranger}).`)
  if (applied.length > migrations.length) {
    const behind = applied.slice(migrations.length).map(({ name }) => name)
    throw refused(`The database is ahead of the backup (${behind.join(', ')}): restore into a new, empty database.`)
  }
}

function firstDifference(steps: readonly SchemaStep[], known: readonly SchemaStep[]): string | null {
  const different = steps.find(({ name, checksum }, index) => {
    const ours = known[index]
    return ours !== undefined && (ours.name !== name || ours.checksum !== checksum)
  })
  return different?.name ?? null
}

/** Whoever wrote since the question was answered was not meant by the answer. */
async function expectUnoccupied(inside: Restoration, agreed: readonly string[]): Promise<void> {
  const more = (await inside.occupied()).filter((table) => !agreed.includes(table))
  if (more.length > 0) throw refused(`Somebody has written to the database meanwhile (${more.join(', ')}).`)
}

/** The clocks of the servers that issued, and that of the database, need not agree. */
function later(one: Date, other: Date): Date {
  return one > other ? one : other
}

const moment = (at: Date) => at.toISOString()
