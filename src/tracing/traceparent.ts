/** The span of whoever called us. */
export interface Parent {
  /** 32 hexadecimal digits. */
  traceId: string
  /** 16 hexadecimal digits. */
  spanId: string
  /** Whether the caller keeps it; then so do we. */
  sampled: boolean
}

const VERSION_0 = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** W3C Trace Context §3.2. null where it is no such thing; later versions are ignored rather than guessed at. */
export function readTraceparent(header: string): Parent | null {
  const [, traceId = '', spanId = '', flags = ''] = VERSION_0.exec(header) ?? []
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return null
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
