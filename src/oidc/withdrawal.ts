import type { Context } from 'koa'
import { type CookieName, cookiesFor } from '../http/cookies.ts'

const NARROW: readonly CookieName[] = ['interaction', 'resume']

export interface Withdrawal {
  isSessionSaved: boolean
}

/**
 * The library writes the way on, and the cookies for it, before it saves what they lead to. Where that fails, an error
 * page is drawn, which must not carry them. The cookie of a session that is saved stays: its old one is worth nothing.
 */
export function createWithdrawal(issuer: string): (ctx: Context, withdrawal: Withdrawal) => void {
  const { name } = cookiesFor(issuer)
  return (ctx, { isSessionSaved }) => {
    ctx.remove('Location')
    const names = [...NARROW, ...(isSessionSaved ? [] : ['session' as const])].map(name)
    // Koa's types know only of a header that is there.
    const lines = [ctx.response.get('Set-Cookie') || []].flat()
    const kept = lines.filter((line) => !names.includes(line.split('=')[0]?.replace(/\.sig$/, '') ?? ''))
    ctx.remove('Set-Cookie')
    if (kept.length > 0) ctx.set('Set-Cookie', kept)
  }
}
