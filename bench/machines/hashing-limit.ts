import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'

const PROGRAM = resolve(import.meta.dirname, '../hashing/limit.ts')

export interface HashingLimit {
  readonly pid: number
  verify(seconds: number): Promise<{ done: number; seconds: number }>
  stop(): Promise<void>
}

export async function startHashingLimit({ cores }: { cores: string }): Promise<HashingLimit> {
  const words = ['-c', cores, process.execPath, '--disable-warning=ExperimentalWarning', PROGRAM]
  const child = spawn('taskset', words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(child, 'spawn')
  return {
    pid: child.pid ?? 0,
    async verify(seconds) {
      child.send({ seconds })
      const [answer] = await once(child, 'message')
      return answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null || !child.connected) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
