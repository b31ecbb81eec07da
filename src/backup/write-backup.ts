import { createWriteStream } from 'node:fs'
import { access, link, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Campus } from '../campus.ts'
import type { LastingData, Snapshot } from './backup.ts'
import { BACKUP_REFUSED, FORMAT, sealBy } from './backup-format.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'audit'> & { lasting: Pick<LastingData, 'snapshot'> }

export interface Writing {
  /** Absolute. */
  path: string
  /** Of Campus ID. */
  version: string
  actor: string
  signal: AbortSignal
}

export interface Saved {
  createdAt: Date
  rows: Record<string, number>
}

/**
 * The file has its name only once it is whole and its audit row is committed; it is its owner's alone, and never takes
 * the place of another. Rejects with the system's own error where it cannot be written.
 */
export async function writeBackup(needs: Needs, { path, version, actor, signal }: Writing): Promise<Saved> {
  if (await exists(path)) throw taken(path)
  const draft = `${path}.${process.pid}.partial`
  const saved: Saved = { createdAt: needs.clock(), rows: {} }
  try {
    await needs.lasting.snapshot((snapshot) =>
      pipeline(
        Readable.from(lines(needs, snapshot, saved, version)),
        createGzip(),
        createWriteStream(draft, { flags: 'wx', mode: 0o600, flush: true }),
        { signal },
      ),
    )
    await needs.audit.record({ event: 'backup.made', result: 'success', actor, details: { rows: total(saved.rows) } })
    // A link is made once or not at all: nothing is overwritten, and the name never stands for half a backup.
    await link(draft, path).catch((error) => Promise.reject(error.code === 'EEXIST' ? taken(path) : error))
    await syncFolder(dirname(path))
  } finally {
    await rm(draft, { force: true })
  }
  return saved
}

/** Some hundreds of lines in a text. */
async function* lines(needs: Needs, snapshot: Snapshot, saved: Saved, version: string): AsyncGenerator<string> {
  const [secret] = needs.config.keyEncryptionKeys
  const seal = sealBy(secret)
  const sealed = (text: string) => {
    seal.add(text)
    return text
  }
  const manifest = {
    format: FORMAT,
    createdAt: saved.createdAt,
    version,
    issuer: needs.config.issuer,
    sealedBy: secret.id,
    migrations: await snapshot.steps(),
    newestAudit: await snapshot.newestAudit(),
  }
  yield sealed(`${JSON.stringify(['backup', manifest])}\n`)
  for (const table of await snapshot.tables()) {
    saved.rows[table] = 0
    yield sealed(`${JSON.stringify(['table', table])}\n`)
    for await (const rows of snapshot.rows(table)) {
      saved.rows[table] += rows.length
      yield sealed(`${rows.join('\n')}\n`)
    }
  }
  yield `${JSON.stringify(['end', { rows: saved.rows, seal: seal.value() }])}\n`
}

export function total(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}

function taken(path: string): Error {
  return Object.assign(new Error(`Nothing was written. ${path} exists already: name another file.`), {
    code: BACKUP_REFUSED,
  })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** A name that a power cut takes away was no backup. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
