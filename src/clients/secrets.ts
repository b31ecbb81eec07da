/** Client secrets: referred to by the clients file, compared by their hash, never kept. */
import { createHash } from 'node:crypto'

export type SecretReference = { env: string } | { file: string }

/** Null where there is no such variable or file; a rejection where it cannot be read. */
export type ReadSecret = (reference: SecretReference) => Promise<string | null>

/**
 * A plain hash is enough: a client's secret is random and long, unlike a password, so there is nothing to guess; and it
 * is compared at every request to the token endpoint.
 */
export function hashSecret(secret: string): string {
  return `sha256:${createHash('sha256').update(secret, 'utf8').digest('base64url')}`
}

const LENGTH_MIN = 32
const LENGTH_MAX = 256
const DIFFERENT_CHARACTERS_MIN = 8
/** Of the groups of three neighbours in a random text, hardly any comes twice. */
const DIFFERENT_TRIPLES_MIN = 0.75
/** `abcdef…` and `111111…` go in steps. */
const STEPS_MAX = 0.5

/** Null for a good one, otherwise what is allowed; the sentence holds no part of the secret. */
export function secretMistake(secret: string): string | null {
  if (!/^[!-~]*$/.test(secret)) return 'printable ASCII without spaces'
  if (secret.length < LENGTH_MIN || secret.length > LENGTH_MAX) return `${LENGTH_MIN} to ${LENGTH_MAX} characters`
  if (/change.?me|place.?holder|example|your.?secret/i.test(secret) || isMonotonous(secret)) {
    return 'a random secret, such as what `openssl rand -base64 32` prints'
  }
  return null
}

function isMonotonous(secret: string): boolean {
  const codes = [...secret].map((character) => character.charCodeAt(0))
  const steps = codes.filter((code, index) => index > 0 && Math.abs(code - (codes[index - 1] ?? 0)) <= 1).length
  const triples = new Set(codes.slice(2).map((_, index) => secret.slice(index, index + 3)))
  return (
    new Set(codes).size < DIFFERENT_CHARACTERS_MIN ||
    triples.size < (secret.length - 2) * DIFFERENT_TRIPLES_MIN ||
    steps > secret.length * STEPS_MAX
  )
}
