/**
 * The browser that began a visit, and no other, may finish it. The library knows a visit by two cookies with a narrow
 * path, which any host beside ours can plant in somebody's browser (`__Secure-` forbids no `Domain`): whoever plants
 * them has that person sign in for him, or signs that person in as himself. A `__Host-` cookie nobody else can set.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import type { Campus } from '../campus.ts'
import { cookiesFor } from '../http/cookies.ts'
import { fingerprint } from '../keys/keys.ts'
import type { RequestScope } from './request-scope.ts'

const VALUE_BYTES = 16
const VALUE = /^[\w-]{22}$/

export interface Visitors {
  /** What a visit keeps of the browser that begins it, which gets its cookie now where it has none. */
  mark(): string | null
  /** Whether the browser that asks is the one of which this mark was kept. */
  isMarked(mark: unknown): boolean
}

/** The cookie lives as long as the browser; all of its visits and tabs have the same. */
export function createVisitors({ config, random }: Pick<Campus, 'config' | 'random'>, scope: RequestScope): Visitors {
  const { name, attributes } = cookiesFor(config.issuer)
  const marksOf = (value: string) => config.cookieKeys.map((key) => fingerprint([key], 'visitor', value))

  function welcome(ctx: Context): string {
    const value = random.token(VALUE_BYTES)
    // A random value that we have noted needs no signature.
    ctx.cookies.set(name('visitor'), value, { ...attributes, path: '/', signed: false })
    return value
  }

  return {
    mark() {
      const { ctx } = scope.current()
      if (ctx === null) return null
      const [mark = null] = marksOf(visitorOf(ctx, name('visitor')) ?? welcome(ctx))
      return mark
    },
    isMarked(mark) {
      const { ctx } = scope.current()
      const value = ctx && visitorOf(ctx, name('visitor'))
      return typeof mark === 'string' && !!value && marksOf(value).some((known) => sameText(known, mark))
    },
  }
}

/** null where there is more than one: of two cookies of one name (on plain http) nobody can say which is ours. */
function visitorOf(ctx: Context, name: string): string | null {
  const pairs = ctx.get('cookie').split(';')
  const values = pairs.map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${name}=`))
  const [value = '', ...others] = values.map((pair) => pair.slice(name.length + 1))
  return others.length === 0 && VALUE.test(value) ? value : null
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
