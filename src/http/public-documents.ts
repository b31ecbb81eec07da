/**
 * Documents that are the same for everybody, answered in front of the app: relying parties and whoever
 * watches over them ask for them more often than for anything else. They stand in memory, so no store is asked.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Campus } from '../campus.ts'
import { hostsOf, soleHostOf } from './public-address.ts'
import type { Readiness } from './readiness.ts'
import { securityHeaders } from './security-headers.ts'

export interface PublicDocument {
  /** For the metrics. */
  route: string
  text: string
  /** Of the text as it is sent. */
  bytes: number
  type: string
  /** A strong one (RFC 9110 §8.8.3): two versions never have it in common. */
  etag: string
}

/** What stands under this path by now; null where nothing of the kind does. */
export type PublicDocuments = (path: string) => PublicDocument | null

export function publicDocument({ route, text, type }: { route: string; text: string; type: string }): PublicDocument {
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
  return { route, text, bytes: Buffer.byteLength(text), type, etag }
}

type Needs = Pick<Campus, 'config' | 'metrics'>

interface Parts {
  documents: PublicDocuments
  readiness: Readiness
  /** For so long caches may keep an answer. */
  maxAgeSeconds: number
}

/**
 * Answers GET and HEAD for exactly these paths, asked of our own host; leaves everything else to `listener`. An answer
 * has no name of its own and no line in the log, for it may come from a cache; the metrics count it.
 */
export function documentsFirst(needs: Needs, parts: Parts, listener: RequestListener): RequestListener {
  const { documents, readiness, maxAgeSeconds } = parts
  const hosts = hostsOf(needs.config.issuer)
  // As one list: Node writes it as it stands.
  const always = Object.entries({
    ...securityHeaders(needs.config.issuer),
    'Cache-Control': `public, max-age=${maxAgeSeconds}`,
    // Any page may read them, and there is nothing in them for which it would matter who asks.
    'Access-Control-Allow-Origin': '*',
  }).flat()

  function answer(request: IncomingMessage, response: ServerResponse, document: PublicDocument): void {
    const startedAt = performance.now()
    const { text, bytes, type, etag, route } = document
    const isKnown = knows(request.headers['if-none-match'], etag)
    const isGoing = readiness.state() === 'leaving' || readiness.state() === 'stopping'
    const head = [...always, 'ETag', etag]
    if (!isKnown) head.push('Content-Type', type, 'Content-Length', String(bytes))
    if (isGoing) head.push('Connection', 'close')
    response.writeHead(isKnown ? 304 : 200, head)
    // As text and not as bytes: Node sends it in one piece with the head, and the head alone to whoever asked for that.
    response.end(isKnown ? undefined : text)
    const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
    const labels = { route, method, status: isKnown ? '3xx' : '2xx' } as const
    needs.metrics.observe('campus_http_request_duration_seconds', labels, (performance.now() - startedAt) / 1_000)
  }

  return (request, response) => {
    const isAsking = request.method === 'GET' || request.method === 'HEAD'
    const document = isAsking ? documents(request.url ?? '') : null
    if (document !== null && hosts.has(soleHostOf(request))) answer(request, response, document)
    else listener(request, response)
  }
}

/** RFC 9110 §13.1.2. */
function knows(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((entry) => ['*', etag, `W/${etag}`].includes(entry.trim()))
}
