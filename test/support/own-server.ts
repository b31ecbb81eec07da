import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { childrenOf, isRunning, signalIfAlive } from './process-family.ts'
import { until } from './until.ts'

const READY_SECONDS = 20

export interface Server {
  readonly url: string
  readonly port: number
  readonly pid: number
  /**
   * Signals the server and the processes that it started. After SIGKILL, SIGTERM, SIGINT and SIGQUIT it is gone when
   * this resolves; SIGSTOP makes it hang, SIGCONT ends that.
   */
  kill(signal: NodeJS.Signals): Promise<void>
  /** On the same port and folder; ends it first where it still runs. */
  restart(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

export interface Program {
  /** Of the pid file and the log. */
  name: string
  command: string
  args: string[]
  /** Where the pid file and the log are written. */
  folder: string
  user?: { uid: number; gid: number }
  isReady(): Promise<boolean>
}

export interface OwnProcess {
  readonly pid: number
  kill(signal: NodeJS.Signals): Promise<void>
  restart(): Promise<void>
}

/** Starts a program that ends with us (see own-folder.ts), and waits until it is ready. */
export async function startProgram(program: Program): Promise<OwnProcess> {
  let child = await launch(program)
  const kill = async (signal: NodeJS.Signals) => {
    const family = familyOf(child)
    for (const pid of family) signalIfAlive(pid, signal)
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return
    // A stopped process acts on nothing but SIGKILL until it is continued.
    for (const pid of family) signalIfAlive(pid, 'SIGCONT')
    await until(`${program.name} ended by ${signal}`, () => !family.some(isRunning))
    if (hasEnded(child)) return
    child.ref()
    await once(child, 'exit')
  }
  return {
    get pid() {
      return child.pid ?? 0
    },
    kill,
    async restart() {
      await kill('SIGQUIT')
      child = await launch(program)
    },
  }
}

async function launch(program: Program): Promise<ChildProcess> {
  const logFile = join(program.folder, `${program.name}.log`)
  const pidFile = join(program.folder, `${program.name}.pid`)
  const log = openSync(logFile, 'a')
  const child = spawn(program.command, program.args, { stdio: ['ignore', log, log], ...program.user })
  closeSync(log)
  child.once('exit', () => rmSync(pidFile, { force: true }))
  child.unref()
  await once(child, 'spawn')
  writeFileSync(pidFile, String(child.pid))
  try {
    await until(
      `${program.name} is ready`,
      () => {
        if (hasEnded(child)) throw new Error(`${program.name} ended at once`)
        return program.isReady()
      },
      { seconds: READY_SECONDS },
    )
  } catch (cause) {
    child.kill('SIGKILL')
    const said = existsSync(logFile) ? readFileSync(logFile, 'utf8').split('\n').slice(-12).join('\n') : ''
    throw new Error(`${program.name} did not start:\n${said}`, { cause })
  }
  return child
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** PostgreSQL answers from children of its own: a signal to the first process alone would leave them at work. */
function familyOf(child: ChildProcess): number[] {
  if (!child.pid || hasEnded(child)) return []
  return [child.pid, ...childrenOf(child.pid)]
}
