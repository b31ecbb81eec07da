import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Keyring } from '../keys/keys.ts'
import { broken, isOurs, isRow, keyNamed, type Manifest, parseLine, type Seal, sealBy } from './backup-format.ts'

const ROWS_AT_ONCE = 500
const LINE_LENGTH_MAX = 64 * 1024 * 1024

export interface Reading {
  /** Before any row. */
  begin?(manifest: Manifest): Promise<void>
  rows?(table: string, rows: readonly string[]): Promise<void>
}

export interface ReadToTheEnd {
  manifest: Manifest
  rows: Record<string, number>
}

/**
 * Reads a backup from its first line to its last, and hands on what it finds. Only when this resolves was the file
 * whole and unchanged: what was handed on before must not stand if it rejects.
 */
export async function readBackup(path: string, keys: Keyring, reading: Reading = {}): Promise<ReadToTheEnd> {
  const reader = createReader(keys, reading)
  try {
    // A file that cannot be read rejects with the system's own error, which says so.
    await pipeline(createReadStream(path), createGunzip(), async (unzipped) => {
      for await (const line of linesOf(unzipped)) await reader.take(line)
    })
  } catch (error) {
    throw isZlib(error) ? broken('It is cut off, changed, or no backup.', error) : error
  }
  return reader.end()
}

/** On line feeds alone: text inside of rows may hold the other ends of lines that Unicode knows. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for await (const chunk of bytes) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_LENGTH_MAX) throw broken('It is no backup of Campus ID, or was changed.')
    yield* lines
  }
  if (rest !== '') throw broken('It is cut off.')
}

function createReader(keys: Keyring, { begin, rows: handOn }: Reading) {
  let manifest: Manifest | null = null
  let seal: Seal | null = null
  let table: string | null = null
  let batch: string[] = []
  let isWhole = false
  const counts: Record<string, number> = {}

  async function handOnBatch() {
    if (table !== null && batch.length > 0) await handOn?.(table, batch)
    batch = []
  }

  async function takeRow(line: string) {
    if (table === null) throw broken('It has a row outside of a table.')
    counts[table] = (counts[table] ?? 0) + 1
    batch.push(line)
    if (batch.length >= ROWS_AT_ONCE) await handOnBatch()
  }

  async function takeWord(line: string) {
    const [word, said] = parseLine(line)
    if ((word === 'backup') !== (manifest === null)) throw broken('It does not begin as a backup does.')
    await handOnBatch()
    if (word === 'backup') {
      manifest = said
      seal = sealBy(keyNamed(keys, said.sealedBy))
      await begin?.(said)
    } else if (word === 'table') {
      table = said
      counts[table] = 0
    } else {
      if (seal?.value() !== said.seal) throw broken('It was changed after it had been written.')
      isWhole = true
    }
  }

  return {
    async take(line: string) {
      if (isWhole) throw broken('It goes on behind its end.')
      // The line that bears the seal is not under it.
      if (isRow(line)) await takeRow(line)
      else await takeWord(line)
      if (!isWhole) seal?.add(`${line}\n`)
    },
    end(): ReadToTheEnd {
      if (manifest === null || !isWhole) throw broken('It is cut off.')
      return { manifest, rows: counts }
    },
  }
}

function isZlib(error: unknown): boolean {
  if (isOurs(error) || typeof error !== 'object' || error === null || !('code' in error)) return false
  return String(error.code).startsWith('Z_')
}
