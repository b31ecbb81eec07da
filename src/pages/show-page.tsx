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

/** Where a code of a device is entered: what a person sees after that has no address of its own. */
const DEVICE = /^\/device\b/

function addressOfAnswer(ctx: Context): string {
  return visitAddress(ctx) ?? DEVICE.exec(ctx.path)?.[0] ?? '/'
}

/** Only the query is written, so no path can make the link leave this host. The answer to a POST has no address. */
function hrefIn(ctx: Context, language: Language): string {
  const [path = '/', queryOfVisit = ''] = ctx.method === 'POST' ? addressOfAnswer(ctx).split('?') : ['']
  const query = new URLSearchParams(ctx.method === 'POST' ? queryOfVisit : ctx.querystring)
  query.set('lang', language)
  return `${path}?${query}`
}
