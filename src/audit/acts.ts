/** Acts whose audit rows are committed together with their effect, in the caller's transaction. */
import type { Campus, Clock, Randomness } from '../campus.ts'
import { Refusal } from '../errors.ts'
import type { AuditLog, AuditTrail } from './audit.ts'
import { type ChainHead, chainStart, headAt, link } from './chain.ts'
import { cleanEvent } from './clean-event.ts'

interface Parts extends Pick<Campus, 'metrics'> {
  clock: Clock
  random: Randomness
  /** Where the notes of an act go when it has been committed. */
  note: AuditTrail['note']
}

export type Act = <Result>(run: (bind: (log: AuditLog) => AuditTrail) => Promise<Result>) => Promise<Result>

/**
 * Each act holds a chain of its own while it runs, taken from those that are idle: acts do not wait for one another, so
 * none can hold a row lock that another needs while waiting for its turn in a chain. There are as many chains as acts
 * ever ran at once.
 */
export function createActs({ clock, random, note, metrics }: Parts): Act {
  const idle: ChainHead[] = []

  return async (run) => {
    const start = idle.pop() ?? chainStart(random.uuid())
    let head = start
    let isOpen = true
    let hasFailed = false
    const notes: Parameters<AuditTrail['note']>[] = []

    const bind = (log: AuditLog): AuditTrail => ({
      async record(event) {
        if (!isOpen) throw new Error('this act is over: its transaction takes no more audit rows')
        // The head moves before the row is sent: two records at once stand in a row.
        const row = link(head, { event: cleanEvent(event), at: clock() })
        head = headAt(row)
        await log.append([row]).catch((error: unknown) => {
          hasFailed = true
          throw error
        })
      },
      note: (...given) => {
        if (isOpen) notes.push(given)
        else note(...given)
      },
      latest: (filter) => log.latest(filter),
      flush: async () => {},
    })

    try {
      const result = await run(bind)
      isOpen = false
      // A row that failed although the act went on: what stands in the log is unknown, and the chain is left alone.
      if (!hasFailed) idle.push(head)
      metrics.count('campus_audit_rows_written_total', {}, head.sequence - start.sequence)
      for (const given of notes) note(...given)
      return result
    } catch (error) {
      isOpen = false
      // A refusal is thrown inside of the work and rolls it back. Any other failure may be that of a commit whose
      // outcome nobody knows: this chain may go on in the log or not, so nobody goes on with it.
      if (head === start || (error instanceof Refusal && !hasFailed)) idle.push(start)
      throw error
    }
  }
}
