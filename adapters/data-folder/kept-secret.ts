/** Secrets that an installation makes for itself at its first start and keeps: nobody has to invent them for a demo. */
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import type { Randomness } from '../../src/campus.ts'
import { ensurePrivateFolder } from './private-folder.ts'

const SECRET_BYTES = 32

/** A keyring of one entry for each name, in the form that the configuration reads: `generated:<base64url>`. */
export function generatedSecrets<Name extends string>(
  folder: string,
  names: readonly Name[],
  random: Pick<Randomness, 'token'>,
): Record<string, string> {
  const secrets = join(folder, 'secrets')
  ensurePrivateFolder(secrets)
  const make = () => `generated:${random.token(SECRET_BYTES)}`
  return Object.fromEntries(names.map((name) => [name, keptSecret(join(secrets, name), make)]))
}

/** The same of a folder that is only looked at: what was not made yet is invented, for the time of one command. */
export function passingSecrets<Name extends string>(
  folder: string,
  names: readonly Name[],
  random: Pick<Randomness, 'token'>,
): Record<string, string> {
  const read = (name: Name) => readOrNull(join(folder, 'secrets', name)) ?? `passing:${random.token(SECRET_BYTES)}`
  return Object.fromEntries(names.map((name) => [name, read(name)]))
}

/** What the file holds; of several first starts at once, one makes it and all answer the same. */
export function keptSecret(path: string, make: () => string): string {
  const kept = readOrNull(path)
  if (kept !== null) return kept
  const draft = `${path}.${hostname()}.${process.pid}.draft`
  try {
    writeDurably(draft, `${make()}\n`)
    // A link is made once or not at all, and the name never stands for half a secret.
    linkSync(draft, path)
    syncFolder(dirname(path))
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
  return readFileSync(path, 'utf8').trim()
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}

/** A database whose keys were sealed by a secret that a power cut took away could never be opened again. */
function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function isCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
