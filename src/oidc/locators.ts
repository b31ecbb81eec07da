/**
 * How what a session issues leads back to it. Cookies, codes and tokens carry the name of their session, so that one
 * trip to the store reads what they are and all that they rest on. In what relying parties hold that name is hidden:
 * two of them that compare their tokens must not learn that they serve one person (OpenID Connect Core §8.1).
 */
import { hash } from 'node:crypto'
import type { Campus } from '../campus.ts'

/** Kinds of token that are found by their session. */
export type LocatedModel = 'AuthorizationCode' | 'AccessToken' | 'RefreshToken'

export interface Locator {
  uid: string
  /** Of a refresh token: its family, which keeps its name through every rotation. Six characters. */
  family: string
  /** Of a refresh token: how often its family had been rotated when it was made. */
  generation: number
}

export interface Locators {
  /** A name for a new session. It opens nothing by itself. */
  newSession(): string
  newCookie(uid: string): string
  newGrant(uid: string): string
  newFamily(): string
  /** The value that a bearer gets. */
  newToken(model: LocatedModel, locator: Pick<Locator, 'uid'> & Partial<Locator>): string
  /** null where this is no token of this kind. Costs no trip. */
  locate(model: LocatedModel, token: string): Locator | null
}

const UID_BYTES = 16
const UID = /^[\w-]{22}$/
const UID_CHARACTERS = 22
const COOKIE = /^[\w-]{54}$/
const GRANT = /^([\w-]{22})\.[\w-]{6}$/

/** RFC 6749 §10.10 asks for 160 bits; the whole of a token decides, not its name. */
const SECRET_BYTES = 24
const SECRET_CHARACTERS = 32
const FAMILY_BYTES = 4
/** What stands hidden: session, family, generation, and zeros by which a token of another kind is told. */
const HIDDEN_BYTES = 27
const FAMILY_AT = UID_BYTES
const GENERATION_AT = FAMILY_AT + FAMILY_BYTES
const ZEROS_AT = GENERATION_AT + 4
const TOKEN = /^[\w-]{68}$/
const NO_FAMILY = 'AAAAAA'

export function createLocators({ random, keyrings }: Pick<Campus, 'random' | 'keyrings'>): Locators {
  /** Its own inverse. The secret part is new each time, and with it the mask. */
  function mask(model: LocatedModel, secret: string, bytes: Uint8Array): Buffer {
    const key = Buffer.from(keyrings.fingerprint('token locator', `${model} ${secret}`), 'base64url')
    return Buffer.from(bytes.map((byte, at) => byte ^ (key[at] ?? 0)))
  }

  return {
    newSession: () => random.token(UID_BYTES),
    newCookie: (uid) => uid + random.token(SECRET_BYTES),
    newGrant: (uid) => `${uid}.${random.token(FAMILY_BYTES)}`,
    newFamily: () => random.token(FAMILY_BYTES),
    newToken(model, { uid, family = NO_FAMILY, generation = 0 }) {
      const name = Buffer.alloc(HIDDEN_BYTES)
      name.write(uid, 0, UID_BYTES, 'base64url')
      name.write(family, FAMILY_AT, FAMILY_BYTES, 'base64url')
      name.writeUInt32BE(generation, GENERATION_AT)
      const secret = random.token(SECRET_BYTES)
      return secret + mask(model, secret, name).toString('base64url')
    },
    locate(model, token) {
      if (!TOKEN.test(token)) return null
      const secret = token.slice(0, SECRET_CHARACTERS)
      const name = mask(model, secret, Buffer.from(token.slice(SECRET_CHARACTERS), 'base64url'))
      if (name.subarray(ZEROS_AT).some((byte) => byte !== 0)) return null
      return {
        uid: name.toString('base64url', 0, FAMILY_AT),
        family: name.toString('base64url', FAMILY_AT, GENERATION_AT),
        generation: name.readUInt32BE(GENERATION_AT),
      }
    },
  }
}

export function isSessionName(uid: unknown): uid is string {
  return typeof uid === 'string' && UID.test(uid)
}

export function sessionOfCookie(cookieId: string): string | null {
  return COOKIE.test(cookieId) ? cookieId.slice(0, UID_CHARACTERS) : null
}

export function sessionOfGrant(grantId: string): string | null {
  return GRANT.exec(grantId)?.[1] ?? null
}

/** Under which a bearer value is kept: 132 bits of its hash, so that a copy of the store opens nothing. */
export function digestOf(bearer: string): string {
  return hash('sha256', bearer, 'base64url').slice(0, UID_CHARACTERS)
}
