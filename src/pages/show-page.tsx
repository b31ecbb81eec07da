/** Draws a page into the answer. */
import type { Context } from 'koa'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import { Frame } from './frame.tsx'
import type { Language, Translator } from './messages.ts'
import { visitAddress } from './visit-address.ts'

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

/** Only the query is written, so no path can make the link leave this host. The answer to a POST has no address. */
function hrefIn(ctx: Context, language: Language): string {
  const [path = '/', queryOfVisit = ''] = ctx.method === 'POST' ? (visitAddress(ctx)?.split('?') ?? []) : ['']
  const query = new URLSearchParams(ctx.method === 'POST' ? queryOfVisit : ctx.querystring)
  query.set('lang', language)
  return `${path}?${query}`
}
