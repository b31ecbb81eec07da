/** What enters the log is short, printable and free of secrets, whoever sent it. */
import type { AuditEvent } from './audit.ts'

const TEXT_LENGTH_MAX = 200
const DETAIL_LENGTH_MAX = 500
const DETAILS_MAX = 20
const REMOVED = '[removed]'

/** Control characters forge lines, U+0000 is no text for PostgreSQL, and marks of direction disguise what one reads. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
/** Header, payload and signature, each base64url (RFC 7515 §7.1). */
const SIGNED_TOKEN = /eyJ[\w-]{8,}\.[\w-]+/

export function cleanEvent(event: AuditEvent): AuditEvent {
  const clean: AuditEvent = { event: cleanText(event.event), result: event.result }
  for (const field of ['reason', 'actor', 'subject', 'client', 'address', 'device', 'request'] as const) {
    const value = event[field]
    if (value !== undefined) clean[field] = cleanText(value)
  }
  if (event.details !== undefined) clean.details = cleanDetails(event.details)
  return clean
}

function cleanText(value: string, lengthMax = TEXT_LENGTH_MAX): string {
  if (SIGNED_TOKEN.test(value)) return REMOVED
  // Cut before the pairs are mended: the cut itself may halve one, and jsonb takes no half.
  return value.replace(UNPRINTABLE, ' ').slice(0, lengthMax).toWellFormed()
}

function cleanDetails(details: NonNullable<AuditEvent['details']>): NonNullable<AuditEvent['details']> {
  const clean: NonNullable<AuditEvent['details']> = {}
  for (const [name, value] of Object.entries(details).slice(0, DETAILS_MAX)) {
    if (!/^[a-z][a-zA-Z0-9_]{0,39}$/.test(name)) continue
    clean[name] = speaksOfPrivateMatter(name) && typeof value !== 'boolean' ? REMOVED : cleanDetail(value)
  }
  return clean
}

function cleanDetail(value: string | number | boolean | null): string | number | boolean | null {
  if (typeof value === 'string') return cleanText(value, DETAIL_LENGTH_MAX)
  // JSON knows neither NaN nor infinity, nor a zero with a sign.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  return value
}

const PRIVATE_WORDS = new Set([
  ...['password', 'passphrase', 'passwd', 'pwd', 'secret', 'token', 'jwt', 'cookie', 'authorization', 'assertion'],
  ...['verifier', 'otp', 'totp', 'pin', 'seed', 'salt', 'pepper', 'jti'],
  ...['phone', 'mobile', 'mail', 'email', 'idcard', 'passport', 'birthday', 'birthdate', 'fullname', 'login'],
])
/** `error_code` is a reason; `sms_code` opens a door. */
const HARMLESS_CODES = new Set(['error', 'status', 'reason', 'exit', 'country'])
/** `token_type` tells of a token without telling it. */
const HARMLESS_LAST_WORDS = new Set(['type', 'kind', 'method', 'count', 'seconds', 'changed'])

function speaksOfPrivateMatter(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
  if (HARMLESS_LAST_WORDS.has(words.at(-1) ?? '')) return false
  if (words.at(-1) === 'code') return !HARMLESS_CODES.has(words.at(-2) ?? '')
  return words.some((word) => PRIVATE_WORDS.has(word))
}
