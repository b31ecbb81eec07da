/** Draws a page into the answer. */
import type { Context } from 'koa'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Frame } from './frame.tsx'
import type { Language, Translator } from './messages.ts'

export interface Page {
  t: Translator
  title: string
  status: number
  body: VNode
}

export function showPage(ctx: Context, { t, title, status, body }: Page): void {
  ctx.status = status
  ctx.type = 'text/html; charset=utf-8'
  // Pages that differ by these two headers must never be mixed up by a cache, even one that ignores no-store.
  ctx.vary('Accept-Language')
  ctx.vary('Cookie')
  const html = renderToString(
    <Frame t={t} assets={ctx.state.assets} title={title} hrefIn={(language) => hrefIn(ctx, language)}>
      {body}
    </Frame>,
  )
  ctx.body = `<!doctype html>${html}`
}

/** `/interaction/<uid>` when the request is a step of a visit: the address where its page can be seen again. */
export function visitAddress(ctx: Context): string | null {
  return /^\/interaction\/[\w-]{1,64}(?=\/|$)/.exec(ctx.path)?.[0] ?? null
}

/** Only the query is written, so no path can make the link leave this host. The answer to a POST has no address. */
function hrefIn(ctx: Context, language: Language): string {
  const query = new URLSearchParams(ctx.method === 'POST' ? '' : ctx.querystring)
  query.set('lang', language)
  const path = ctx.method === 'POST' ? (visitAddress(ctx) ?? '/') : ''
  return `${path}?${query}`
}
