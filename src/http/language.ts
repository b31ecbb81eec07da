/** The language menu: `?lang=en` on any page is the person's choice, and a cookie keeps it. */
import type { Middleware } from 'koa'
import { isLanguage } from '../pages/messages.ts'
import type { Cookies } from './cookies.ts'

/** Browsers keep no cookie longer (RFC 6265bis §5.5). */
const LIFETIME_MILLISECONDS = 400 * 24 * 60 * 60 * 1000

export function languageMenu(cookies: Cookies): Middleware {
  const name = cookies.name('language')
  return (ctx, next) => {
    // Machines say nothing of the kind, and theirs are most of the requests.
    if (!ctx.querystring.includes('lang') && !ctx.get('cookie').includes(name)) return next()
    const picked = ctx.query['lang']
    const kept = ctx.cookies.get(name, { signed: false })
    ctx.state.chosenLanguage = [picked, kept].find(isLanguage) ?? null
    if (isLanguage(picked) && picked !== kept) {
      ctx.cookies.set(name, picked, { ...cookies.attributes, path: '/', maxAge: LIFETIME_MILLISECONDS, signed: false })
    }
    return next()
  }
}
