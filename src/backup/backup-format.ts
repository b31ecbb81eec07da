/**
 * The file: gzip over lines of UTF-8. A line that is a JSON array speaks of the file, one that is an object is a row:
 *
 *     ["backup", manifest]
 *     ["table", "people"]
 *     {"id": "…", "name": "…", …}
 *     …
 *     ["end", {"rows": {"people": 1, …}, "seal": "…"}]
 *
 * The seal is HMAC-SHA-256 over every byte before the last line, by a key that is derived from the key-encryption
 * key: it finds what was cut off or changed, also by somebody who knows this format (docs/operations/backup.md).
 */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { deriveKey, type Keyring, type Secret } from '../keys/keys.ts'

export const FORMAT = 1

/** The `code` of an error that stands for an answer: take another file. */
export const BACKUP_BROKEN = 'backup_broken'
/** The same: this file, this place for one, or this database does not do; the message says what would. */
export const BACKUP_REFUSED = 'backup_refused'

const manifestSchema = z.object({
  format: z.number().int(),
  createdAt: z.iso.datetime().transform((text) => new Date(text)),
  /** Of the Campus ID that wrote it. */
  version: z.string(),
  issuer: z.string(),
  /** Which of the key-encryption keys seals the file. */
  sealedBy: z.string(),
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })),
  /** The newest row of the audit; what happened later is not in here. */
  newestAudit: z.iso.datetime().nullable(),
})

export type Manifest = z.output<typeof manifestSchema>

const lineSchema = z.union([
  z.tuple([z.literal('backup'), manifestSchema]),
  z.tuple([z.literal('table'), z.string()]),
  z.tuple([z.literal('end'), z.object({ rows: z.record(z.string(), z.number().int()), seal: z.string() })]),
])

export type Line = z.output<typeof lineSchema>

export const isRow = (line: string) => line.startsWith('{')

/** Throws where it is no line of ours. */
export function parseLine(line: string): Line {
  try {
    const value: unknown = JSON.parse(line)
    if (Array.isArray(value) && value[0] === 'backup' && value[1]?.format !== FORMAT)
      throw refused(`It is written in format ${value[1]?.format}, and this version reads format ${FORMAT}.`)
    return lineSchema.parse(value)
  } catch (error) {
    throw isOurs(error) ? error : broken('It is no backup of Campus ID, or was changed.')
  }
}

export interface Seal {
  add(text: string): void
  value(): string
}

export function sealBy(secret: Secret): Seal {
  const hmac = createHmac('sha256', deriveKey(secret, 'backup seal'))
  return { add: (text) => void hmac.update(text, 'utf8'), value: () => hmac.digest('base64url') }
}

export function keyNamed(ring: Keyring, id: string): Secret {
  const secret = ring.find((it) => it.id === id)
  if (secret !== undefined) return secret
  throw refused(
    `It is sealed by the key-encryption key "${id}", which KEY_ENCRYPTION_KEY does not hold: ` +
      'without it the signing keys inside could not be opened either.',
  )
}

export function broken(message: string, cause?: unknown): Error {
  return Object.assign(new Error(`The backup cannot be used. ${message}`, { cause }), { code: BACKUP_BROKEN })
}

export function refused(message: string): Error {
  return Object.assign(new Error(`Nothing was restored. ${message}`), { code: BACKUP_REFUSED })
}

export function isOurs(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return code === BACKUP_BROKEN || code === BACKUP_REFUSED
}
