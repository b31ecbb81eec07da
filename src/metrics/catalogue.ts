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

const CLIENTS = { boundedBy: 'the clients that are registered; `unknown` for all others' }
const METHODS = { boundedBy: 'the sign-in methods' }
const KEY_PURPOSES = ['ES256', 'RS256', 'cookies'] as const

const ROUTES = { boundedBy: 'the routes of the server, by their pattern' }

/** Seconds. The goals of an answer lie between 5 ms and 1 s; nothing that we send waits for longer than 10 s. */
const ANSWER_SECONDS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Seconds. A store next door answers within 1 ms; after 1 s we have given up. */
const ROUND_TRIP_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Seconds. One hash takes 10 ms; the queue holds about two seconds of work. */
const HASHING_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 4]

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
  campus_direct_answers_total: {
    kind: 'counter',
    help: 'Answers that were plain enough to be given without the library, of those of their route.',
    labels: { route: ['/me', '/token/introspection'] },
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
    help: 'Calls of a store that failed: it was away or overloaded (unavailable), or refused to do it (refused).',
    labels: { store: STORES, kind: ['unavailable', 'refused'] },
  },
  campus_redis_unconfirmed_total: {
    kind: 'counter',
    help: 'Decisions that fewer replicas confirmed in time than REDIS_WAIT_REPLICAS asks for: each was answered 503.',
    labels: {},
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
  campus_hashing_jobs_total: {
    kind: 'counter',
    help: 'Password hashes: computed (done), turned away by a full queue (shed), or lost with a thread (died).',
    labels: { kind: ['hash', 'verify'], result: ['done', 'shed', 'died'] },
  },
  campus_hashing_wait_seconds: {
    kind: 'histogram',
    help: 'Time that a job waited for a hashing thread.',
    labels: {},
    buckets: HASHING_SECONDS,
  },
  campus_hashing_duration_seconds: {
    kind: 'histogram',
    help: 'Time that a hashing thread took for a job.',
    labels: { kind: ['hash', 'verify'] },
    buckets: HASHING_SECONDS,
  },
  campus_hashing_waiting: {
    kind: 'gauge',
    help: 'Jobs that wait for a hashing thread.',
    labels: {},
    across: 'sum',
  },
  campus_hashing_waiting_max: {
    kind: 'gauge',
    help: 'Jobs that may wait for a hashing thread; more are turned away.',
    labels: {},
    across: 'sum',
  },
  campus_hashing_running: {
    kind: 'gauge',
    help: 'Hashing threads at work.',
    labels: {},
    across: 'sum',
  },
  campus_audit_rows_written_total: {
    kind: 'counter',
    help: 'Audit rows that were committed.',
    labels: {},
  },
  campus_audit_rows_dropped_total: {
    kind: 'counter',
    help: 'Audit notes that were lost because too many waited, or because the log refused them again and again.',
    labels: {},
  },
  campus_audit_write_failures_total: {
    kind: 'counter',
    help: 'Batches of audit rows that could not be written at once.',
    labels: {},
  },
  campus_audit_rows_waiting: {
    kind: 'gauge',
    help: 'Audit rows on their way to the log.',
    labels: {},
    across: 'sum',
  },
  campus_audit_oldest_waiting_seconds: {
    kind: 'gauge',
    help: 'Age of the oldest audit row that is on its way to the log.',
    labels: {},
    across: 'max',
  },
  campus_visits_over_total: {
    kind: 'counter',
    help: 'Pages of visits that were over, and began again by themselves, by a button (page), or at the relying party.',
    labels: { way: ['again', 'page', 'relying_party'] },
  },
  campus_registrations_total: {
    kind: 'counter',
    help: 'Dynamic registration: clients that came, changed or went by themselves, and requests that were refused.',
    labels: { result: ['created', 'changed', 'removed', 'refused'] },
  },
  campus_sign_ins_total: {
    kind: 'counter',
    help:
      'Attempts to sign in: success, wrong (no such account, too), throttled, not_allowed (the person or the client ' +
      'may not), unavailable (a store or the hashing queue had no answer).',
    labels: {
      method: METHODS,
      client: CLIENTS,
      result: ['success', 'wrong', 'throttled', 'not_allowed', 'unavailable'],
    },
  },
  campus_tokens_issued_total: {
    kind: 'counter',
    help: 'Answers of the token endpoint with tokens.',
    labels: { grant_type: { boundedBy: 'the grant types of the provider' }, client: CLIENTS },
  },
  campus_tokens_refused_total: {
    kind: 'counter',
    help: 'Requests that the token endpoint refused, by the error code of the standard.',
    labels: { reason: { boundedBy: 'the error codes of OAuth 2' }, client: CLIENTS },
  },
  campus_logout_deliveries_total: {
    kind: 'counter',
    help:
      'Tries to tell a relying party that a session has ended: delivered, failed (tried again), ended (the client ' +
      'was disabled, or has no address any more), given_up (for a day in vain).',
    labels: { client: CLIENTS, result: ['delivered', 'failed', 'ended', 'given_up'] },
  },
  campus_logout_deliveries: {
    kind: 'gauge',
    help: 'Relying parties still to be told that a session has ended, and what was given up and is kept for 14 days.',
    labels: { state: ['waiting', 'given_up'] },
    across: 'max',
  },
  campus_workers: {
    kind: 'gauge',
    help: 'Processes that serve, and those of them that did not answer this scrape in time.',
    labels: { state: ['running', 'silent'] },
    across: 'sum',
  },
  campus_worker_restarts_total: {
    kind: 'counter',
    help: 'Workers that were started because one had ended by itself.',
    labels: {},
  },
  campus_spans_total: {
    kind: 'counter',
    help: 'Spans of finished requests: sent to the collector, or lost because it did not take them.',
    labels: { result: ['sent', 'lost'] },
  },
  campus_keys: {
    kind: 'gauge',
    help: 'Keys that sign tokens (by algorithm) and cookies, by their state.',
    labels: { purpose: KEY_PURPOSES, state: ['announced', 'active', 'retiring'] },
    across: 'max',
  },
  campus_key_age_seconds: {
    kind: 'gauge',
    help: 'For how long the key that signs has been in use: longer than the rotation asks for, something is wrong.',
    labels: { purpose: KEY_PURPOSES },
    across: 'max',
  },
  campus_key_rotations_total: {
    kind: 'counter',
    help: 'Keys that this server has announced; what operators do is not among them.',
    labels: { purpose: KEY_PURPOSES },
  },
  campus_signatures_total: {
    kind: 'counter',
    help: 'Signatures by our keys, by what was signed.',
    labels: { use: { boundedBy: 'the kinds of signed tokens' } },
  },
} as const satisfies Readonly<Record<`campus_${string}`, Metric>>
