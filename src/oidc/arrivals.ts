/**
 * What may reach the provider at all. Anybody may send it anything, and part of what they send is stored; so a request
 * is measured before a byte of it is kept. The answer says what is wrong and sends nobody anywhere.
 */
import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import { refusals } from '../errors.ts'

/** Of query or body. */
export const REQUEST_BYTES_MAX = 8 * 1024

/** Relying parties put their own things in there: a return address, a signed cookie. */
const STATE_BYTES_MAX = 2 * 1024

const PARAMETER_BYTES_MAX: Readonly<Record<string, number>> = {
  state: STATE_BYTES_MAX,
  client_id: 256,
  nonce: 1024,
  login_hint: 320,
  ui_locales: 256,
  acr_values: 1024,
  // Signed or structured: as long as the request has room for.
  claims: 6 * 1024,
  request: 6 * 1024,
  id_token_hint: 6 * 1024,
  client_assertion: 6 * 1024,
}

const OTHER_PARAMETER_BYTES_MAX = 2 * 1024

export const arrivals: Middleware = async (ctx, next) => {
  if (ctx.querystring.length > REQUEST_BYTES_MAX) throw refusals.parameterTooLong()
  measure(ctx.querystring)
  if (ctx.method === 'POST' || ctx.method === 'PUT') {
    const body = await peekBody(ctx)
    // A registration (RFC 7591 §3.1): one text, and measured as a whole.
    if (!ctx.is('json')) measure(body)
  }
  await next()
}

function measure(encoded: string): void {
  if (encoded === '') return
  for (const pair of encoded.split('&')) {
    const end = pair.indexOf('=')
    const name = decodePart(end === -1 ? pair : pair.slice(0, end))
    const value = end === -1 ? '' : decodePart(pair.slice(end + 1))
    if (Buffer.byteLength(value) > (PARAMETER_BYTES_MAX[name] ?? OTHER_PARAMETER_BYTES_MAX)) {
      throw refusals.parameterTooLong()
    }
  }
}

/**
 * The library would repair what is malformed, in silence, and each of the two readings might be checked and used. A `+`
 * stays, for a space is as long, and there is none in a name that we know.
 */
function decodePart(part: string): string {
  const text = part.includes('%') ? decodeEscapes(part) : part
  if (text.includes('\0')) throw refusals.malformedRequest()
  return text
}

function decodeEscapes(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw refusals.malformedRequest(cause)
  }
}

/** Reads the body and puts it back, for the library to read it as if nobody had. */
async function peekBody(ctx: Context): Promise<string> {
  const { req } = ctx
  const announced = Number(ctx.get('content-length'))
  // Without a length one would have to read to the end, after which nothing can be put back. Every client sends one.
  if (ctx.get('transfer-encoding') || !Number.isSafeInteger(announced)) throw refusals.malformedRequest()
  if (announced > REQUEST_BYTES_MAX) {
    ctx.set('Connection', 'close')
    throw refusals.bodyTooLarge()
  }
  if (announced === 0) return ''
  return decodeUtf8(await peek(req, announced))
}

/**
 * Reads so many bytes and puts them back; throws `malformedRequest` where they do not come. By the stream's events: its
 * iterator costs several times as much, and the library needs one for itself.
 */
export function peek(req: IncomingMessage, bytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    function stopListening(): void {
      req.off('readable', look).off('end', giveUp).off('error', giveUp).off('close', giveUp)
    }
    function giveUp(cause?: unknown): void {
      stopListening()
      reject(refusals.malformedRequest(cause))
    }
    function look(): void {
      // Null until there are so many; fewer where the end has come before.
      const body: unknown = req.read(bytes)
      if (body === null) return
      stopListening()
      if (body instanceof Uint8Array && body.length === bytes) {
        req.unshift(body)
        resolve(body)
      } else {
        reject(refusals.malformedRequest())
      }
    }
    // Whoever has gone already says nothing more.
    if (req.destroyed || req.readableEnded) giveUp(req.errored)
    else req.on('readable', look).on('end', giveUp).on('error', giveUp).on('close', giveUp)
  })
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch (cause) {
    throw refusals.malformedRequest(cause)
  }
}
