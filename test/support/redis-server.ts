import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { findProgram } from './installed.ts'
import { ownFolder } from './own-folder.ts'
import { type Server, startProgram } from './own-server.ts'

/** Keeps nothing on disk: a restart after any signal begins empty, unless `settings` say otherwise. */
const ALWAYS = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--loglevel', 'warning']

export interface RedisServer extends Server {
  /** Takes a copy of the append-only file as it stands; while it runs, as a backup would. */
  copyOfFile(): string
  /** Kills it, puts the copy in the place of the append-only file, and starts it. */
  rollBackTo(copy: string): Promise<void>
}

/** A Redis of one's own. `settings` are those of redis.conf, such as `{ 'maxmemory-policy': 'allkeys-lru' }`. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const command = findProgram('redis-server')
  if (!command) throw new Error('redis-server is not installed: run `node test/machine/prepare.ts`')
  const folder = ownFolder()
  try {
    const port = await freePort()
    const own = await startProgram({
      name: 'redis',
      command,
      args: [
        ...['--port', String(port), '--dir', folder.path, ...ALWAYS],
        ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      ],
      folder: folder.path,
      isReady: () => answers(port),
    })
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      get pid() {
        return own.pid
      },
      kill: own.kill,
      restart: own.restart,
      stop: folder.remove,
      copyOfFile() {
        const copy = join(folder.path, `copy-${randomUUID()}`)
        cpSync(join(folder.path, 'appendonlydir'), copy, { recursive: true })
        return copy
      },
      async rollBackTo(copy) {
        await own.kill('SIGKILL')
        const file = join(folder.path, 'appendonlydir')
        rmSync(file, { recursive: true })
        cpSync(copy, file, { recursive: true })
        await own.restart()
      },
    }
  } catch (error) {
    await folder.remove()
    throw error
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' })
  try {
    await once(socket, 'connect')
    socket.write('PING\r\n')
    const [reply] = await once(socket, 'data')
    return String(reply).startsWith('+PONG')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
