/**
 * Where the time of one request went: spans for whoever runs a collector, and nothing for everybody else. A span says
 * what was done and never with what: no path, query, address, name or value.
 */
import type { Parent } from './traceparent.ts'

export { readTraceparent } from './traceparent.ts'
export type { Parent }

/** All that a span may say (names of OpenTelemetry's semantic conventions, and one of our own). */
export interface SpanAttributes {
  'http.request.method'?: string
  'http.response.status_code'?: number
  /** The pattern. */
  'http.route'?: string
  'db.system.name'?: 'postgresql' | 'redis'
  'db.operation.name'?: string
  /** Host of a relying party. */
  'server.address'?: string
  /** The name of the request: header, page, log and audit have it too. */
  'campus.request'?: string
}

export interface RequestSpan {
  /** 32 hexadecimal digits; null where nothing is traced. */
  readonly traceId: string | null
  /** Whatever `work` starts belongs to this request. */
  run<Result>(work: () => Result): Result
  end(name: string, attributes: SpanAttributes, outcome: { failed: boolean }): void
}

/** None of its functions throws or waits. What cannot be sent is lost, and never held against a request. */
export interface Tracing {
  request(attributes: SpanAttributes, parent: Parent | null): RequestSpan
  /** Does `work`, as a part of the request in which it is done. Outside any, there is no span. */
  span<Result>(name: string, attributes: SpanAttributes, work: () => Promise<Result>): Promise<Result>
  /** Sends what waits, for a few seconds at most. */
  close(): Promise<void>
}

export const noTracing: Tracing = {
  request: () => ({ traceId: null, run: (work) => work(), end: () => undefined }),
  span: (_name, _attributes, work) => work(),
  close: async () => undefined,
}
