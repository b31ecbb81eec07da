/** The little of HTTP that a relying party needs: cookies, a form, the language, and answers as values. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Html } from './html.ts'

export type Language = 'zh-CN' | 'en'

export interface Answer {
  status: number
  headers: Record<string, string>
  cookies: string[]
  body: string
}

/** Every page is about one person at one moment: nothing is stored, framed, or run. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'strict-origin',
  'x-content-type-options': 'nosniff',
}

const BODY_MAX = 16 * 1024

export function page(status: number, { html }: Html): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8', vary: 'accept-language' }
  return { status, headers, cookies: [], body: html }
}

/** 303, so that the browser always goes on with GET and never posts a form a second time. */
export function redirect(to: string | URL, cookies: string[] = []): Answer {
  return { status: 303, headers: { location: String(to) }, cookies, body: '' }
}

export function text(status: number, body: string, type = 'text/plain'): Answer {
  return { status, headers: { 'content-type': `${type}; charset=utf-8` }, cookies: [], body }
}

export function send(response: ServerResponse, { status, headers, cookies, body }: Answer): void {
  response.writeHead(status, {
    ...HEADERS,
    ...headers,
    'content-length': Buffer.byteLength(body),
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
  })
  response.end(body)
}

/** Lax, not Strict: the browser must bring the cookie along when it comes back from Campus ID. */
export function setCookie(name: string, value: string, { secure, seconds }: { secure: boolean; seconds?: number }) {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}${age}`
}

export function readCookie(request: IncomingMessage, name: string): string | null {
  const pairs = (request.headers.cookie ?? '').split(/; */)
  const found = pairs.find((pair) => pair.startsWith(`${name}=`))
  return found?.slice(name.length + 1) || null
}

type Form = AsyncIterable<Buffer> & Pick<IncomingMessage, 'headers'>

/** null when the body is no form, or longer than any that we know. */
export async function readForm(request: Form): Promise<URLSearchParams | null> {
  const [type] = (request.headers['content-type'] ?? '').split(';')
  if (type?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return null
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > BODY_MAX) return null
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

/** The first of our languages in the order that the browser prefers (RFC 9110 §12.5.4). */
export function languageOf(request: IncomingMessage): Language {
  const ranges = (request.headers['accept-language'] ?? '').split(',').map((range) => {
    const [tag = '', ...parameters] = range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/)
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    return { tag, quality: quality === undefined ? 1 : Number(quality) }
  })
  const ours = ranges.filter(({ tag, quality }) => /^(zh|en)(-|$)/.test(tag) && quality > 0)
  const [first] = ours.sort((one, other) => other.quality - one.quality)
  return first?.tag.startsWith('en') ? 'en' : 'zh-CN'
}

/** A form of another site (or of the other demo: two ports of one host are the same site) changes nothing here. */
export function comesFromOwnPage(request: IncomingMessage, own: URL): boolean {
  const { origin } = request.headers
  return origin === undefined ? request.headers['sec-fetch-site'] === 'same-origin' : origin === own.origin
}
