/** Empties the buffer into the chain, batch by batch: at once for a record, soon for a note, later after a failure. */
import type { Logger } from 'pino'
import type { Campus } from '../campus.ts'
import type { Buffer, Entry } from './buffer.ts'
import type { ChainWriter } from './chain-writer.ts'

/** How long a note waits for company: a record takes along whatever waits, and while people sign in one comes soon. */
const GATHERING_MILLISECONDS = 250
const RETRY_FIRST_MILLISECONDS = 100
const RETRY_LAST_MILLISECONDS = 10_000

export interface Batches {
  writeNow(): void
  writeSoon(): void
  /** Resolves when all that waits was tried once. */
  flush(): Promise<void>
  /** After the last flush: no timer is left. */
  stop(): void
}

interface Parts extends Pick<Campus, 'metrics'> {
  buffer: Buffer
  chain: ChainWriter<Entry>
  logger: Logger
}

export function createBatches({ buffer, chain, logger, metrics }: Parts): Batches {
  let work: Promise<void> | null = null
  let isRetryDue = false
  let failuresInRow = 0
  let gathering: NodeJS.Timeout | null = null
  let retrying: NodeJS.Timeout | null = null

  function writeNow(): void {
    work ??= writeAll()
  }

  async function writeAll(): Promise<void> {
    // What happens in this turn of the event loop goes into one batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (buffer.waiting() > 0 || isRetryDue) {
      await write(buffer.takeWaiting())
      if (!isRetryDue) continue
      await write(buffer.takeReturned())
      isRetryDue = failuresInRow === 0 && buffer.returned() > 0
    }
    // In the same breath as the last look: what comes later must find nobody at work.
    work = null
  }

  async function write(batch: Entry[]): Promise<void> {
    if (batch.length === 0) return
    try {
      await chain.append(batch)
      failuresInRow = 0
      buffer.written(batch)
      for (const { caller } of batch) caller?.resolve()
    } catch (error) {
      failuresInRow += 1
      metrics.count('campus_audit_write_failures_total', {})
      logger.error({ err: error, rows: batch.length }, 'audit rows could not be written')
      buffer.giveBack(batch, error)
      for (const { caller } of batch) caller?.reject(error)
    }
    if (buffer.returned() > 0) retryLater()
  }

  function retryLater(): void {
    const delay = Math.min(RETRY_FIRST_MILLISECONDS * 2 ** failuresInRow, RETRY_LAST_MILLISECONDS)
    retrying ??= setTimeout(() => {
      retrying = null
      isRetryDue = true
      writeNow()
    }, delay).unref()
  }

  function writeSoon(): void {
    gathering ??= setTimeout(() => {
      gathering = null
      writeNow()
    }, GATHERING_MILLISECONDS)
  }

  async function flush(): Promise<void> {
    isRetryDue = true
    writeNow()
    while (work !== null) await work
  }

  function stop(): void {
    if (gathering !== null) clearTimeout(gathering)
    if (retrying !== null) clearTimeout(retrying)
  }

  return { writeNow, writeSoon, flush, stop }
}
