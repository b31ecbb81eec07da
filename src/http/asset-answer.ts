/** Answers `/assets/…`: names carry a hash of what they hold, so browsers keep them for ever and never ask again. */
import type { Context, Middleware } from 'koa'
import { refusals } from '../errors.ts'
import type { Asset, Assets } from '../pages/assets.ts'

export function serveAssets(assets: Assets): Middleware {
  return (ctx, next) => {
    if (!ctx.path.startsWith('/assets/')) return next()
    const asset = assets.at(ctx.path)
    if (!asset) throw refusals.notFound()
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.set('Allow', 'GET, HEAD')
      throw refusals.methodNotAllowed()
    }
    return answer(ctx, asset)
  }
}

function answer(ctx: Context, asset: Asset): void {
  const encoding = ctx.acceptsEncodings('br', 'gzip', 'identity')
  const coded = encoding === 'br' || encoding === 'gzip' ? encoding : 'identity'
  ctx.set({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' })
  ctx.etag = `${asset.hash}-${coded}`
  ctx.status = 200
  if (ctx.fresh) {
    ctx.status = 304
    return
  }
  if (coded !== 'identity') ctx.set('Content-Encoding', coded)
  ctx.type = asset.type
  ctx.body = asset.encodings[coded]
}
