import { inspect } from 'node:util'
import { z } from 'zod'
import type { Keyring, Secret } from './keys/keys.ts'

const BYTES_MIN = 32
/** 32 random bytes hold fewer than 18 different values less than once in a hundred million draws. */
const DISTINCT_BYTES_MIN = 18
const IDENTIFIER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/
/** Both alphabets, padded or not: `openssl rand -base64 32` is what people type. */
const BASE64 = /^[A-Za-z0-9_+/-]+={0,2}$/
/** Six letters or more, so that real randomness practically never spells one of them. */
const SAMPLE_WORDS = /example|sample|change-?me|replace|secret|password|insecure|placeholder/i

const FORM = 'entries "identifier:base64url" separated by commas, the present one first'
const FRESH = '; make one with: openssl rand -base64 32'

/** A secret that shows its identifier alone, however it is printed: a logged Config must not leak. */
export function protectedSecret(id: string, value: Uint8Array): Secret {
  const printed = () => `[secret ${id}]`
  const hidden = { value: printed, enumerable: false }
  const secret = { id, value }
  Object.defineProperties(secret, { toString: hidden, toJSON: hidden, [inspect.custom]: hidden })
  return Object.freeze(secret)
}

/** An address may hold a password: printed, it shows that it is there. */
export function protectedAddress<Address extends object>(address: Address): Address {
  const printed = () => ('url' in address && address.url !== null ? { ...address, url: '[address]' } : { ...address })
  const hidden = { value: printed, enumerable: false }
  return Object.defineProperties(address, { toJSON: hidden, [inspect.custom]: hidden })
}

/** Parses a keyring; `strict` also refuses what a person typed or copied from a document. */
export function keyringSchema(strict: boolean) {
  return z.string(`${FORM}, each of ${BYTES_MIN} bytes or more`).transform((text, context): Keyring => {
    const secrets: Secret[] = []
    const wrong = (expected: string) => context.addIssue({ code: 'custom', message: expected })
    for (const [index, entry] of text.split(',').entries()) {
      const [id = '', encoded = ''] = splitOnce(entry.trim(), ':')
      // By its place: what stands before a colon may be half of a secret that was written without an identifier.
      const place = `entry ${index + 1}`
      if (!IDENTIFIER.test(id) || !BASE64.test(encoded)) {
        wrong(FORM)
        continue
      }
      const value = new Uint8Array(Buffer.from(encoded, 'base64url'))
      if (value.length < BYTES_MIN) wrong(`at least ${BYTES_MIN} bytes in ${place}${FRESH}`)
      else if (strict && isSample(encoded, value)) wrong(`random bytes instead of a sample in ${place}${FRESH}`)
      if (secrets.some((secret) => secret.id === id))
        wrong(`identifiers that differ; that of ${place} stands there twice`)
      secrets.push(protectedSecret(id, value))
    }
    const [first, ...others] = secrets
    if (first === undefined) return z.NEVER
    return Object.freeze([first, ...others] as const)
  })
}

/** Anyone who reads our documents, or guesses, has these too. */
function isSample(encoded: string, value: Uint8Array): boolean {
  if (SAMPLE_WORDS.test(encoded)) return true
  if (new Set(value).size < DISTINCT_BYTES_MIN) return true
  const isTypedText = value.every((byte) => byte >= 0x20 && byte < 0x7f)
  return isTypedText || isProgression(value)
}

/** 00 01 02 03 … and its like: every byte differs, and nothing is random. */
function isProgression(value: Uint8Array): boolean {
  const step = ((value[1] ?? 0) - (value[0] ?? 0)) & 0xff
  return value.every((byte, index) => index === 0 || ((byte - (value[index - 1] ?? 0)) & 0xff) === step)
}

function splitOnce(text: string, separator: string): [string, string] | [string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
