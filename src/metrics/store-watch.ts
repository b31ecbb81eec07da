import type { Campus } from '../campus.ts'
import { isUnavailable } from '../errors.ts'

/** Handed to the adapter of a store, which knows what a round trip is. */
export interface StoreWatch {
  /**
   * Runs one round trip: everything that is sent before the first of its replies is awaited, so a flight of several
   * commands is one. `operation` is the name of a statement or a command, and never holds a value.
   */
  call<Result>(operation: string, run: () => Promise<Result>): Promise<Result>
  /** For what failed before anything was sent. */
  failed(error: unknown): void
}

export function watchStore(
  { metrics, tracing }: Pick<Campus, 'metrics' | 'tracing'>,
  store: 'postgres' | 'redis',
): StoreWatch {
  const system = store === 'postgres' ? 'postgresql' : store
  function failed(error: unknown): void {
    metrics.count('campus_store_failures_total', { store, kind: isUnavailable(error) ? 'unavailable' : 'refused' })
  }
  return {
    failed,
    async call(operation, run) {
      const started = performance.now()
      try {
        const attributes = { 'db.system.name': system, 'db.operation.name': operation } as const
        return await tracing.span(`${system} ${operation}`, attributes, run)
      } catch (error) {
        failed(error)
        throw error
      } finally {
        metrics.count('campus_store_calls_total', { store, operation })
        metrics.observe('campus_store_call_duration_seconds', { store }, (performance.now() - started) / 1_000)
      }
    },
  }
}
