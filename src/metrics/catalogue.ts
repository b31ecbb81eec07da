/** The values that a label may have: a list of them, or what keeps their number small. */
export type LabelValues = readonly string[] | { boundedBy: string }

interface Described {
  help: string
  labels: Readonly<Record<string, LabelValues>>
}

export type Metric =
  | (Described & { kind: 'counter' })
  | (Described & { kind: 'histogram'; buckets: readonly number[] })
  /** `across`: how the values of several processes become one. */
  | (Described & { kind: 'gauge'; across: 'sum' | 'max' })

const STORES = ['postgres', 'redis'] as const
const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'] as const
/** `aborted`: whoever asked hung up before the answer was there. */
const HTTP_STATUSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted'] as const

const ROUTES = { boundedBy: 'the routes of the server, by their pattern' }

/** Seconds. The goals of an answer lie between 5 ms and 1 s; nothing that we send waits for longer than 10 s. */
const ANSWER_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Seconds. A store next door answers within 1 ms; after 1 s we have given up. */
const ROUND_TRIP_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/**
 * Every metric that we have: a name or a label that is not here does not compile. Prometheus keeps each combination of
 * label values for weeks, so all of them are bounded, and none says anything about a person.
 */
export const catalogue = {
  campus_http_request_duration_seconds: {
    kind: 'histogram',
    help: 'Time from a request to the end of its answer.',
    labels: { route: ROUTES, method: HTTP_METHODS, status: HTTP_STATUSES },
    buckets: ANSWER_SECONDS,
  },
  campus_store_calls_total: {
    kind: 'counter',
    help: 'Round trips to a store: what was sent before the first of its replies was awaited is one.',
    labels: { store: STORES, operation: { boundedBy: 'the operations and the named statements of the adapters' } },
  },
  campus_store_call_duration_seconds: {
    kind: 'histogram',
    help: 'Time of a round trip to a store.',
    labels: { store: STORES },
    buckets: ROUND_TRIP_SECONDS,
  },
  campus_store_failures_total: {
    kind: 'counter',
    help: 'Calls of a store that failed: it was away or overloaded (unavailable), or refused what was asked (refused).',
    labels: { store: STORES, kind: ['unavailable', 'refused'] },
  },
  campus_postgres_connections: {
    kind: 'gauge',
    help: 'Connections to PostgreSQL.',
    labels: { state: ['busy', 'idle'] },
    across: 'sum',
  },
  campus_postgres_waiting: {
    kind: 'gauge',
    help: 'Callers that wait for a connection to PostgreSQL.',
    labels: {},
    across: 'sum',
  },
} as const satisfies Readonly<Record<`campus_${string}`, Metric>>
