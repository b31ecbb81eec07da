import { join, resolve } from 'node:path'
import { freePort } from '../../test/support/free-port.ts'
import type { Target } from '../load/scenarios.ts'
import type { MeasuredServer } from './measured-server.ts'
import { runProgram } from './program.ts'

const PROGRAM = resolve(import.meta.dirname, '../baseline/baseline.ts')

export async function startBaseline({
  folder,
  cores,
}: {
  folder: string
  cores: string | null
}): Promise<MeasuredServer> {
  const port = await freePort()
  const host = `localhost:${port}`
  const running = await runProgram({
    args: ['--disable-warning=ExperimentalWarning', PROGRAM],
    environment: { NODE_ENV: 'production' },
    folder,
    cores,
    port,
    host,
    logFile: join(folder, 'baseline.log'),
  })
  // Whoever comes is known here, whatever their number.
  const target: Target = { name: 'baseline', port, host, people: 1_000_000 }
  return { ...running, target }
}
