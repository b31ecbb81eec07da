/**
 * Which of all processes does the work that has to have one doer: rotation, clean-up, outbox. A lease is no lock: its
 * holder may be paused beyond its end. Work whose steps must not be done by two holds it inside their transaction.
 */

export { type LeaderWork, type RunningWork, startLeaderWork, type Turn } from './leader-work.ts'

/** This process is one holder, from its start to its end. Rejects with an `Unavailable` where PostgreSQL is away. */
export interface Leases {
  /**
   * Takes the lease, or extends the one that is ours, to `seconds` from now by the database's clock. Answers whether it
   * is ours. On the stores of `Campus.transaction` it is a fence: until the commit nobody else can take it.
   */
  hold(name: string, seconds: number): Promise<boolean>
  /** Gives back what is ours, and leaves alone what is somebody else's. */
  release(name: string): Promise<void>
}
