/** One process at a time on a data folder: two PGlite processes on one folder lose data without a word. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { readHolder, removeHolder, runFolder, writeHolder } from './holder.ts'
import { ensurePrivateFolder } from './private-folder.ts'

/** The kernel may need a moment to bury a process that was killed: a restart right after it must not fail. */
const GRACE_MILLISECONDS = 500
/** A command that has the folder for itself is done by then, and a server that starts listens by then. */
const PATIENCE_MILLISECONDS = 15_000
const TRY_MILLISECONDS = 50
const SQLITE_BUSY = 5

export interface FolderLock {
  release(): void
}

/** Rejects with this `code` when another process holds the folder; the message says which, and what to do. */
export const FOLDER_LOCKED = 'data_folder_locked'

/**
 * The lock is the one that SQLite takes on a file of ours for a transaction that never writes: the kernel gives it to
 * one process and takes it back when that process ends, however it ends. No process identifier decides anything: they
 * repeat in containers, and mean nothing between them.
 */
export async function lockDataFolder(
  folder: string,
  { patienceMilliseconds = PATIENCE_MILLISECONDS } = {},
): Promise<FolderLock> {
  ensurePrivateFolder(runFolder(folder))
  const database = await takeLock(folder, patienceMilliseconds)
  writeHolder(folder, { pid: process.pid, host: hostname(), socket: null })
  // Until the process ends, also where nobody keeps what we answer: a collected handle would be a released lock.
  process.once('exit', release)
  function release(): void {
    process.off('exit', release)
    if (!database.isOpen) return
    removeHolder(folder)
    database.close()
  }
  return { release }
}

async function takeLock(folder: string, patienceMilliseconds: number): Promise<DatabaseSync> {
  const asked = performance.now()
  for (;;) {
    const database = new DatabaseSync(join(runFolder(folder), 'lock'), { timeout: 0 })
    try {
      // RESERVED and not EXCLUSIVE: of two who race for EXCLUSIVE with their read locks held, both may lose.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE')
      return database
    } catch (error) {
      database.close()
      if (!isBusy(error)) throw error
    }
    // Whoever listens for commands is a server, and stays.
    const isServer = (readHolder(folder)?.socket ?? null) !== null
    const limit = isServer ? GRACE_MILLISECONDS : Math.max(GRACE_MILLISECONDS, patienceMilliseconds)
    if (performance.now() - asked > limit) throw lockedBy(folder)
    await wait(TRY_MILLISECONDS)
  }
}

function isBusy(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === SQLITE_BUSY
}

function lockedBy(folder: string): Error {
  const holder = readHolder(folder)
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const wayOut = 'Stop that server first, or set DATA_DIR to another folder.'
  return Object.assign(new Error(`The data folder ${folder} is in use by ${who}. ${wayOut}`), { code: FOLDER_LOCKED })
}
