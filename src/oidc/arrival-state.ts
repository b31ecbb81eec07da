/** What the way back of a sign-in here must know: sealed in `state`, and bound to the browser by a cookie. */
import { timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import type { Campus } from '../campus.ts'
import { cookiesFor } from '../http/cookies.ts'
import { seal, unseal } from '../keys/keys.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'keyrings'>

export interface ArrivalStates {
  make(ctx: Context, kept: Arriving): string
  /** null where it is not this browser's, or of nobody, or of yesterday. */
  open(ctx: Context): Arriving | null
}

interface Arriving {
  /** A path of ours. */
  to: string
  /** Of PKCE. */
  verifier: string
}

interface Kept extends Arriving {
  at: number
  browser: string
}

const SEALED_FOR = { purpose: 'sign-in here', id: '' }
const COOKIE_BYTES = 16
const COOKIE = /^[\w-]{22}$/

/** As long as a request may begin again (starting-again.ts). */
const MILLISECONDS_MAX = 24 * 60 * 60 * 1_000

export function createArrivalStates({ config, clock, random, keyrings }: Needs): ArrivalStates {
  const { name, attributes } = cookiesFor(config.issuer)
  const cookie = name('arrival')

  /** One value for a browser, however many tabs sign in at once. */
  function browserOf(ctx: Context): string {
    const known = ctx.cookies.get(cookie, { signed: false })
    if (known && COOKIE.test(known)) return known
    const value = random.token(COOKIE_BYTES)
    ctx.cookies.set(cookie, value, { ...attributes, path: '/', signed: false })
    return value
  }

  return {
    make(ctx, arriving) {
      const kept: Kept = { ...arriving, at: clock().getTime(), browser: browserOf(ctx) }
      const { sealed, sealedBy } = seal(random, keyrings.cookies(), SEALED_FOR, Buffer.from(JSON.stringify(kept)))
      return `${sealedBy}.${Buffer.from(sealed).toString('base64url')}`
    },

    open(ctx) {
      const { state } = ctx.query
      const [sealedBy = '', sealed = ''] = typeof state === 'string' ? state.split('.') : []
      const bytes = new Uint8Array(Buffer.from(sealed, 'base64url'))
      try {
        const kept = parseKept(unseal(keyrings.cookies(), SEALED_FOR, { sealedBy, sealed: bytes }))
        const isHere = sameText(kept.browser, ctx.cookies.get(cookie, { signed: false }) ?? '')
        return isHere && clock().getTime() - kept.at < MILLISECONDS_MAX ? kept : null
      } catch {
        return null
      }
    },
  }
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The seal has proven that we wrote it ourselves. */
function parseKept(plain: Uint8Array): Kept {
  return JSON.parse(Buffer.from(plain).toString('utf8')) as Kept
}
