/**
 * The database of the demo: PGlite on a folder, PostgreSQL inside this process. What is committed outlives the process,
 * also SIGKILL, but not the machine: PGlite never asks the disk to write. The folder must be nobody else's at the time
 * (adapters/data-folder locks it): two processes lose data without a word.
 */
import { PGlite, type Transaction } from '@electric-sql/pglite'
import type { StoreWatch } from '../../src/metrics/metrics.ts'
import type { Database, LongTransaction, Statement } from './database.ts'
import { withoutValues } from './failures.ts'
import { createTurns } from './turns.ts'

/** There is one connection. Whoever asks for it inside a transaction, but past that transaction, would wait forever. */
const WAIT_MILLISECONDS_MAX = 5_000

export interface EmbeddedOptions {
  folder: string
  waitMillisecondsMax?: number
  watch?: StoreWatch
}

const UNWATCHED: StoreWatch = { call: (_operation, run) => run(), failed: () => undefined }

export async function openEmbedded({
  folder,
  waitMillisecondsMax = WAIT_MILLISECONDS_MAX,
  watch = UNWATCHED,
}: EmbeddedOptions): Promise<Database> {
  const pglite = await PGlite.create({ dataDir: folder, relaxedDurability: false })
  const inTurn = createTurns({ waitMillisecondsMax })

  const query = <Row>(statement: Statement, values: readonly unknown[] = []) =>
    inTurn(() => run<Row>(pglite, statement, values, watch))

  const transaction = <Result>(work: (transaction: LongTransaction) => Promise<Result>) =>
    inTurn(() =>
      pglite.transaction((open) =>
        work({
          query: <Row>(statement: Statement, values: readonly unknown[] = []) =>
            run<Row>(open, statement, values, watch),
          script: async (text) => {
            await watch.call('script', () => open.exec(text).catch(rethrowWithoutValues))
          },
        }),
      ),
    )

  return {
    query,
    transaction,
    longTransaction: transaction,
    ping: async () => {
      await query({ name: 'embedded.ping', text: 'SELECT 1' })
    },
    close: () => inTurn(() => pglite.close()),
  }
}

async function run<Row>(
  on: PGlite | Transaction,
  { name, text }: Statement,
  values: readonly unknown[],
  watch: StoreWatch,
): Promise<Row[]> {
  const { rows } = await watch.call(name, () => on.query<Row>(text, [...values]).catch(rethrowWithoutValues))
  return rows
}

function rethrowWithoutValues(error: unknown): never {
  throw withoutValues(error)
}
