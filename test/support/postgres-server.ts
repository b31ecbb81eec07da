import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { findPostgres, unprivilegedUser } from './installed.ts'
import { ownFolder } from './own-folder.ts'
import { type Server, startProgram } from './own-server.ts'

/** Fast rather than lasting: what a crashed machine would lose does not matter to a database of a minute. */
const CARELESS = ['fsync=off', 'full_page_writes=off', 'autovacuum=off']
const ALWAYS = ['listen_addresses=127.0.0.1', 'max_connections=200', 'shared_buffers=32MB', 'jit=off']

/**
 * A PostgreSQL of one's own. A commit outlives SIGKILL in either case; `durable` asks for the settings of production,
 * for tests that measure or depend on when a commit reaches the disk.
 */
export async function startPostgres({ durable }: { durable: boolean } = { durable: false }): Promise<Server> {
  const programs = findPostgres()
  if (!programs) throw new Error('PostgreSQL is not installed: run `node test/machine/prepare.ts`')
  const folder = ownFolder()
  try {
    const user = unprivilegedUser()
    const data = join(folder.path, 'data')
    mkdirSync(data, { mode: 0o700 })
    if (user) chownSync(data, user.uid, user.gid)
    await makeCluster(join(programs, 'initdb'), data, user)
    const port = await freePort()
    const url = `postgres://campus@127.0.0.1:${port}/postgres`
    const settings = [...ALWAYS, `unix_socket_directories=${data}`, ...(durable ? [] : CARELESS)]
    const own = await startProgram({
      name: 'postgres',
      command: join(programs, 'postgres'),
      args: ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
      folder: folder.path,
      isReady: () => answers(url),
      ...(user && { user }),
    })
    return {
      url,
      port,
      get pid() {
        return own.pid
      },
      kill: own.kill,
      restart: own.restart,
      stop: async () => {
        await own.kill('SIGQUIT')
        await folder.remove()
      },
    }
  } catch (error) {
    await folder.remove()
    throw error
  }
}

async function makeCluster(initdb: string, data: string, user: { uid: number; gid: number } | null) {
  const options = ['--auth=trust', '--username=campus', '--encoding=UTF8', '--locale=C', '--no-sync']
  const child = spawn(initdb, ['-D', data, ...options], { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', ...user })
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (code !== 0) throw new Error(`initdb failed:\n${complaint}`)
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 })
  // A server that is ending may cut us off after we have connected.
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('SELECT 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
