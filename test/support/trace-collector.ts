/** A collector that takes what OpenTelemetry's exporter sends (OTLP over HTTP, JSON) and keeps it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'

export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentSpanId: string | null
  name: string
  attributes: Record<string, string | number>
  failed: boolean
}

export interface TraceCollector {
  endpoint: string
  spans: ReceivedSpan[]
  /** As it came, byte for byte. */
  raw(): string
  close(): Promise<void>
}

const STATUS_ERROR = 2

interface SentAttribute {
  key: string
  value: { stringValue?: string; intValue?: number }
}

interface SentSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  attributes: SentAttribute[]
  status?: { code?: number }
}

interface Sent {
  resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[]
}

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: ReceivedSpan[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    bodies.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`)
    const sent: Sent = JSON.parse(body)
    spans.push(
      ...sent.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans.map(toSpan))),
    )
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    raw: () => bodies.join('\n'),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function toSpan({ traceId, spanId, parentSpanId, name, attributes, status }: SentSpan): ReceivedSpan {
  const named = attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)] as const)
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId || null,
    name,
    attributes: Object.fromEntries(named),
    failed: status?.code === STATUS_ERROR,
  }
}
