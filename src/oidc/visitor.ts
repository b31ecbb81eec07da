/**
 * The browser that began a visit, and no other, may finish it. The library knows a visit by two cookies with a narrow
 * path, which any host beside ours can plant in somebody's browser (`__Secure-` forbids no `Domain`): whoever plants
 * them has that person sign in for him, or signs that person in as himself. A `__Host-` cookie nobody else can set.
 */
import { hash, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import type { Campus } from '../campus.ts'
import { cookiesFor } from '../http/cookies.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import type { RequestScope } from './request-scope.ts'

const VALUE_BYTES = 16
const VALUE = /^[\w-]{22}$/
const SUFFIX = /^[\w-]{10}$/

/** Every request carries them all, and a request with too long a head is answered by nobody. */
const VISITS_MAX = 20

/** Proxies keep little room for the head of an answer (4 KiB are common): many more than that go by and by. */
const TAKEN_BACK_AT_ONCE = 10

export interface Visitors {
  /** Nothing is given to the browser before the visit is kept. */
  begin(uid: string): Beginning
  /** Whether the browser that asks is the one of which this mark was kept. */
  isMarked(uid: string, mark: unknown): boolean
  /** The visit is over, and so is its cookie. */
  end(uid: string): void
}

interface Beginning {
  /** What the visit keeps of its browser; null outside any request: nobody will find it. */
  mark: string | null
  welcome(): void
}

/** One cookie for each visit: tabs that a new browser opens at once would take a common one from each other. */
export function createVisitors(
  { config, random, keyrings }: Pick<Campus, 'config' | 'random' | 'keyrings'>,
  scope: RequestScope,
): Visitors {
  const { name, attributes } = cookiesFor(config.issuer)
  const prefix = `${name('visit')}_`
  // A random value that we have noted needs no signature.
  const options = { ...attributes, path: '/', signed: false }
  const markOf = (value: string) => keyrings.fingerprint('visitor', value)
  const takeBack = (ctx: Context, cookie: string) => ctx.cookies.set(cookie, null, options)

  /** Browsers send the oldest first (RFC 6265 §5.4). */
  function surplusOf(ctx: Context): string[] {
    const sent = cookiesOf(ctx).map(([cookie]) => cookie)
    const visits = new Set(
      sent.filter((cookie) => cookie.startsWith(prefix) && SUFFIX.test(cookie.slice(prefix.length))),
    )
    const surplus = Math.max(visits.size + 1 - VISITS_MAX, 0)
    return [...visits].slice(0, Math.min(surplus, TAKEN_BACK_AT_ONCE))
  }

  return {
    begin(uid) {
      const { ctx } = scope.current()
      if (ctx === null) return { mark: null, welcome: () => undefined }
      const value = random.token(VALUE_BYTES)
      const welcome = () => {
        for (const cookie of surplusOf(ctx)) takeBack(ctx, cookie)
        ctx.cookies.set(prefix + suffixOf(uid), value, { ...options, maxAge: LIFETIME_SECONDS.interaction * 1_000 })
      }
      return { mark: markOf(value), welcome }
    },
    isMarked(uid, mark) {
      const { ctx } = scope.current()
      const value = ctx && soleValueOf(ctx, prefix + suffixOf(uid))
      return typeof mark === 'string' && !!value && sameText(markOf(value), mark)
    },
    end(uid) {
      const { ctx } = scope.current()
      if (ctx !== null) takeBack(ctx, prefix + suffixOf(uid))
    },
  }
}

/** Names are read by more eyes than values: a part of the hash tells visits apart, and leads to none. */
function suffixOf(uid: string): string {
  return hash('sha256', uid, 'base64url').slice(0, 10)
}

/** null where there is more than one: of two cookies of one name (on plain http) nobody can say which is ours. */
function soleValueOf(ctx: Context, name: string): string | null {
  const [[, value] = [name, ''], ...others] = cookiesOf(ctx).filter(([cookie]) => cookie === name)
  return others.length === 0 && VALUE.test(value) ? value : null
}

function cookiesOf(ctx: Context): [name: string, value: string][] {
  const pairs = ctx.get('cookie').split(';')
  return pairs.map((pair) => {
    const [name = '', ...value] = pair.trim().split('=')
    return [name, value.join('=')]
  })
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
