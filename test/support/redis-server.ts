import { once } from 'node:events'
import { connect } from 'node:net'
import { freePort } from './free-port.ts'
import { findProgram } from './installed.ts'
import { ownFolder } from './own-folder.ts'
import { type Server, startProgram } from './own-server.ts'

/** Keeps nothing on disk: a restart after any signal begins empty, unless `settings` say otherwise. */
const ALWAYS = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no', '--loglevel', 'warning']

/** A Redis of one's own. `settings` are those of redis.conf, such as `{ 'maxmemory-policy': 'allkeys-lru' }`. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
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
