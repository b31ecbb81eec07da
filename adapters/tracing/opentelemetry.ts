/** Spans by OpenTelemetry, sent by OTLP over HTTP. Loaded only where a collector was named. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, TraceFlags, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Logger } from 'pino'
import type { Metrics } from '../../src/metrics/metrics.ts'
import type { Parent, RequestSpan, SpanAttributes, Tracing } from '../../src/tracing/tracing.ts'

/** Spans beyond these are lost: the memory of a server is not for a collector that is away. */
const WAITING_SPANS_MAX = 4_096
const BATCH_SPANS_MAX = 512
const EVERY_MILLISECONDS = 2_000
const SENT_WITHIN_MILLISECONDS = 3_000
const BATCHES_AT_ONCE = 2
const CLOSED_WITHIN_MILLISECONDS = 4_000
/** No attribute of ours is longer; whatever slipped in would be cut. */
const ATTRIBUTE_CHARACTERS_MAX = 256

export interface TracingOptions {
  /** Without the path. */
  endpoint: string
  /** Of the requests whose caller does not decide, from 0 to 1. */
  ratio: number
  version: string
  log: Pick<Logger, 'warn' | 'info'>
  metrics: Metrics
}

export function openTracing({ endpoint, ratio, version, log, metrics }: TracingOptions): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: SENT_WITHIN_MILLISECONDS,
    concurrencyLimit: BATCHES_AT_ONCE,
  })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'campus-id', 'service.version': version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: ATTRIBUTE_CHARACTERS_MAX },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: counted(exporter, { log, metrics }),
        maxQueueSize: WAITING_SPANS_MAX,
        maxExportBatchSize: BATCH_SPANS_MAX,
        scheduledDelayMillis: EVERY_MILLISECONDS,
        exportTimeoutMillis: SENT_WITHIN_MILLISECONDS,
      }),
    ],
  })
  const tracer = provider.getTracer('campus-id', version)
  const current = new AsyncLocalStorage<Span>()
  return {
    request: (attributes, parent) => startRequest(tracer, current, attributes, parent),
    span: (name, attributes, work) => inSpan(tracer, current, { name, attributes }, work),
    close: () => atMost(CLOSED_WITHIN_MILLISECONDS, provider.shutdown()),
  }
}

function startRequest(
  tracer: Tracer,
  current: AsyncLocalStorage<Span>,
  attributes: SpanAttributes,
  parent: Parent | null,
): RequestSpan {
  const span = tracer.startSpan('request', { kind: SpanKind.SERVER, attributes: { ...attributes } }, contextOf(parent))
  const { traceId } = span.spanContext()
  return {
    traceId,
    run: (work) => current.run(span, work),
    end(name, more, { failed }) {
      span.updateName(name)
      span.setAttributes({ ...more })
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}

async function inSpan<Result>(
  tracer: Tracer,
  current: AsyncLocalStorage<Span>,
  { name, attributes }: { name: string; attributes: SpanAttributes },
  work: () => Promise<Result>,
): Promise<Result> {
  const above = current.getStore()
  // What goes on after the answer, such as writing down what was noted, is no part of the request any more.
  if (!above?.isRecording()) return work()
  const options = { kind: SpanKind.CLIENT, attributes: { ...attributes } }
  const span = tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, above))
  try {
    return await current.run(span, work)
  } catch (error) {
    // Nothing of the error itself: messages of others quote values.
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}

function contextOf(parent: Parent | null) {
  if (parent === null) return ROOT_CONTEXT
  const { traceId, spanId, sampled } = parent
  const traceFlags = sampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}

/** One line when the collector is lost and one when it is back, however many batches fail in between. */
function counted(exporter: SpanExporter, { log, metrics }: Pick<TracingOptions, 'log' | 'metrics'>): SpanExporter {
  let isLost = false
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined
        metrics.count('campus_spans_total', { result: failed ? 'lost' : 'sent' }, spans.length)
        if (failed && !isLost) log.warn({ err: result.error }, 'spans could not be sent')
        if (!failed && isLost) log.info('spans can be sent again')
        isLost = failed
        done(result)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  }
}

async function atMost(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds)
  })
  await Promise.race([work.catch(() => undefined), tooLong])
  clearTimeout(timer)
}
