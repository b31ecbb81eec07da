/**
 * The provider's records as few characters. What is kept is what differs from what could be told anyway (the template);
 * names are letters, moments count from one of the record's own, and words of ours are letters too. Whatever a later
 * version of the library adds is kept under its own name: nothing is lost but a field that is `null`, which is none.
 */
import type { AdapterPayload } from 'oidc-provider'

export type Payload = Readonly<Record<string, unknown>>

/** A letter, once given, is never given to another field. */
const LETTER_OF: Readonly<Record<string, string>> = {
  accountId: 'a',
  acr: 'r',
  amr: 'm',
  aud: 'd',
  authTime: 'u',
  claims: 'c',
  clientId: 'i',
  exp: 'e',
  expiresWithSession: 'w',
  extra: 'x',
  grantId: 'g',
  gty: 'y',
  iat: 't',
  iiat: 'f',
  kind: 'k',
  loginTs: 'l',
  nonce: 'n',
  openid: 'o',
  persistsLogout: 'p',
  rejected: 'j',
  resource: 'q',
  resources: 'b',
  rotations: 'v',
  scope: 's',
  sessionUid: 'U',
  sid: 'S',
  signedInAt: 'A',
  signedInFrom: 'F',
  state: 'z',
  transient: 'T',
}

const FIELD_OF = new Map(Object.entries(LETTER_OF).map(([field, letter]) => [letter, field]))

const MOMENTS = new Set(['iat', 'exp', 'authTime', 'loginTs', 'signedInAt', 'iiat'])

/** Fields of words of ours, one or several, as text or as a list. */
const WORDED = new Set(['scope', 'acr', 'amr', 'gty'])

/** Words are added at the end: what stands in a store was written with the places of before. */
const WORDS = [
  ...['openid', 'profile', 'campus_basic', 'campus_org', 'offline_access'],
  ...['name', 'preferred_username', 'campus_id', 'campus_type', 'campus_status', 'campus_org_name'],
  ...['authorization_code', 'refresh_token', 'pwd', 'urn:campus-id:acr:password'],
  ...['campus_study', 'campus_identities', 'phone', 'email', 'eduperson'],
  ...['family_name', 'given_name', 'updated_at', 'campus_type_name'],
  ...['campus_org_code', 'campus_top_org_code', 'campus_top_org_name', 'campus_org_path'],
  ...['campus_major_code', 'campus_major_name', 'campus_class_code', 'campus_class_name', 'campus_grade'],
  ...['campus_level', 'campus_admission_date', 'campus_expected_graduation'],
  ...['phone_number', 'phone_number_verified', 'email_verified'],
  ...['eduperson_affiliation', 'eduperson_scoped_affiliation', 'eduperson_principal_name', 'eduperson_entitlement'],
  ...['eduperson_assurance', 'eduperson_orcid', 'schac_home_organization'],
]

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:;!?+*/()[]{}<>@#$%&~^|'

/** More words than letters are words like any other. */
const LETTER_OF_WORD = new Map(WORDS.slice(0, LETTERS.length).map((word, at) => [word, LETTERS[at] ?? '']))
const WORD_OF = new Map([...LETTER_OF_WORD].map(([word, letter]) => [letter, word]))

export function shorten(payload: Payload, template: Payload, since: number): Payload {
  const short: Record<string, unknown> = {}
  for (const field of new Set([...Object.keys(template), ...Object.keys(payload)])) {
    const value = payload[field]
    if (same(value, template[field])) continue
    short[LETTER_OF[field] ?? `_${field}`] = value === undefined ? null : shortValue(field, value, since)
  }
  return short
}

export function restore(short: Payload, template: Payload, since: number): AdapterPayload {
  const payload: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(template)) if (value !== undefined) payload[field] = value
  for (const [name, value] of Object.entries(short)) {
    const field = name.startsWith('_') ? name.slice(1) : (FIELD_OF.get(name) ?? name)
    if (value === null) delete payload[field]
    else payload[field] = longValue(field, value, since)
  }
  return payload
}

/** Of words parted by single spaces: a run of ours is one word of letters. One of theirs that looks so is marked. */
function abbreviate(text: string): string {
  const words: string[] = []
  let isRun = false
  for (const word of text.split(' ')) {
    const letter = LETTER_OF_WORD.get(word)
    if (letter === undefined) words.push(word.startsWith('=') ? `=${word}` : word)
    else if (isRun) words.push(`${words.pop()}${letter}`)
    else words.push(`=${letter}`)
    isRun = letter !== undefined
  }
  return words.join(' ')
}

function spellOut(text: string): string {
  const words = text.split(' ').map((word) => {
    if (!word.startsWith('=')) return word
    return word.startsWith('==') ? word.slice(1) : Array.from(word.slice(1), (letter) => WORD_OF.get(letter)).join(' ')
  })
  return words.join(' ')
}

function shortValue(field: string, value: unknown, since: number): unknown {
  if (MOMENTS.has(field) && typeof value === 'number') return value - since
  if (WORDED.has(field)) return shortWords(value)
  if (field === 'accountId') return shortId(value)
  if (field === 'openid') return shortOpenid(value)
  if (field === 'rejected') return shortRejected(value)
  return value
}

function longValue(field: string, value: unknown, since: number): unknown {
  if (MOMENTS.has(field) && typeof value === 'number') return value + since
  if (WORDED.has(field)) return longWords(value)
  if (field === 'accountId') return longId(value)
  if (field === 'openid' && Array.isArray(value)) {
    const [scope, claims] = value.map(longWords)
    return { scope, ...(claims !== undefined && { claims }) }
  }
  if (field === 'rejected' && Array.isArray(value)) return { openid: { claims: longWords(value) } }
  return value
}

/** A text stays one, a list of words becomes a list of one text, and whatever else there may be is wrapped. */
function shortWords(value: unknown): unknown {
  if (typeof value === 'string') return abbreviate(value)
  return isListOfWords(value) ? [abbreviate(value.join(' '))] : { as: value }
}

function longWords(value: unknown): unknown {
  if (typeof value === 'string') return spellOut(value)
  return isTexts(value) ? value.flatMap((text) => spellOut(text).split(' ')) : recordOf(value)['as']
}

/** Ours are UUIDs: half as long without hyphens and in more letters. */
function shortId(value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (UUID.test(value)) return `=${Buffer.from(value.replaceAll('-', ''), 'hex').toString('base64url')}`
  return value.startsWith('=') ? `=${value}` : value
}

function longId(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('=')) return value
  if (value.startsWith('==')) return value.slice(1)
  const digits = Buffer.from(value.slice(1), 'base64url').toString('hex')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function shortOpenid(value: unknown): unknown {
  const { scope, claims, ...others } = recordOf(value)
  const isOurs = typeof scope === 'string' && Object.keys(others).length === 0
  if (!isOurs || (claims !== undefined && !isListOfWords(claims))) return value
  return claims === undefined ? [abbreviate(scope)] : [abbreviate(scope), shortWords(claims)]
}

/** Single claims are all that is ever withheld by us (grants.ts). */
function shortRejected(value: unknown): unknown {
  const { openid, ...others } = recordOf(value)
  const { claims, ...rest } = recordOf(openid)
  const isOurs = Object.keys(others).length + Object.keys(rest).length === 0
  return isOurs && isListOfWords(claims) ? shortWords(claims) : value
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

function isListOfWords(value: unknown): value is string[] {
  return isTexts(value) && value.length > 0 && value.every((word) => word !== '' && !word.includes(' '))
}

function recordOf(value: unknown): Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** Fields keep their order from one reading to the next. */
function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}
