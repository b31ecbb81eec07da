import type { ExpiringStore } from '../../src/expiring/expiring.ts'

export interface ExpiringSubject {
  store: ExpiringStore
  /** Makes what stands under this key expire now, as time would. */
  age(key: string): Promise<void>
  secondsLeft(key: string): Promise<number>
}

export const CALLERS = 50
export const MINUTE = { seconds: 60 }

export const callers = <Answer>(call: (caller: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)))

/** Keys that no other test has. */
export function freshKeys(prefix: string): () => string {
  let keys = 0
  return () => `${prefix}:${++keys}`
}
