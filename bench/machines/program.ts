import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** A server that a bench measures: pinned, silent towards us (its log goes to a file), ready when it says so. */
export interface Program {
  args: readonly string[]
  environment: Readonly<Record<string, string>>
  folder: string
  /** null: wherever the system likes. */
  cores: string | null
  port: number
  host: string
  logFile: string
}

export interface RunningProgram {
  readonly pid: number
  /** From the start of the process to its first `200` at /readyz. */
  readonly readyMilliseconds: number
  stop(): Promise<void>
}

const READY_WITHIN_MILLISECONDS = 60_000
const LOOK_AGAIN_MILLISECONDS = 5

export async function runProgram({ args, environment, folder, cores, port, host, logFile }: Program) {
  const log = openSync(logFile, 'a')
  const started = performance.now()
  const pinned = cores === null ? [] : ['taskset', '-c', cores]
  const [command = '', ...words] = [...pinned, process.execPath, ...args]
  const child = spawn(command, words, {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', PORT: String(port), ...environment },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  while (!(await isReady(port, host))) {
    if (hasEnded(child) || performance.now() - started > READY_WITHIN_MILLISECONDS) {
      child.kill('SIGKILL')
      throw new Error(`${args.join(' ')} did not become ready:\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
    }
    await pause(LOOK_AGAIN_MILLISECONDS)
  }
  const readyMilliseconds = performance.now() - started
  const stop = async () => {
    if (hasEnded(child)) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { pid: child.pid ?? 0, readyMilliseconds, stop } satisfies RunningProgram
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

function isReady(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/readyz', headers: { host }, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', () => resolve(false))
    asked.end()
  })
}
