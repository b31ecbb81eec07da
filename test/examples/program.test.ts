import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { freePort } from '../support/free-port.ts'
import { close, listen, portOf } from './small-provider.ts'

const PROGRAM = new URL('../../examples/demo-relying-parties/demo-relying-parties.ts', import.meta.url)

let folder: string
let child: ChildProcess | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'campus-demo-'))
  await writeFile(join(folder, 'secret'), 'a-secret-that-only-this-test-knows\n')
})

afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

async function start(changes: Record<string, string> = {}) {
  const [portal, club] = await Promise.all([freePort(), freePort()])
  const env = {
    ISSUER: 'http://localhost:1',
    PORTAL_URL: `http://127.0.0.1:${portal}`,
    CLUB_URL: `http://127.0.0.1:${club}`,
    PORTAL_SECRET_FILE: join(folder, 'secret'),
    CLUB_SECRET_FILE: join(folder, 'secret'),
    ...changes,
  }
  const started = fork(PROGRAM, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  child = started
  let complaint = ''
  started.stderr?.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  return { child: started, env, complaint: () => complaint }
}

describe('the program', () => {
  test('says over its channel when both applications answer, and ends with its parent', async () => {
    const started = await start()
    expect(await once(started.child, 'message')).toContainEqual({ ready: true })
    for (const url of [started.env.PORTAL_URL, started.env.CLUB_URL]) expect((await fetch(url)).status).toBe(200)
    started.child.disconnect()
    expect(await once(started.child, 'exit')).toEqual([0, null])
  })

  test('says in one line that a port is in use, and exits with 3', async () => {
    const neighbour = createServer()
    await listen(neighbour)
    const { child: started, complaint } = await start({ CLUB_URL: `http://127.0.0.1:${portOf(neighbour)}` })
    expect(await once(started, 'exit')).toEqual([3, null])
    expect(complaint()).toMatch(/^[^\n]*port \d+ is in use by another program\n$/)
    await close(neighbour)
  })

  test('says in one line which setting is missing', async () => {
    const { child: started, complaint } = await start({ ISSUER: '' })
    expect(await once(started, 'exit')).toEqual([2, null])
    expect(complaint()).toMatch(/^[^\n]*ISSUER: expected an absolute URL\n$/)
  })
})
