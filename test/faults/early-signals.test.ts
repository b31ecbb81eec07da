/** Signals that come while the first process is still reading its configuration. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'

const CLI = resolve(import.meta.dirname, '../../dist/src/cli.js')

const folder = mkdtempSync(join(tmpdir(), 'campus-id-early-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A server whose configuration has mistakes, with a signal in the midst of reading it. */
async function hearWhileReading(signal: NodeJS.Signals) {
  // Whoever opens a pipe waits for its other end: so we know where the server is.
  const pipe = join(folder, `secret-${signal}`)
  execFileSync('mkfifo', [pipe])
  const environment = { PROFILE: 'test', DATA_DIR: folder, KEY_ENCRYPTION_KEY_FILE: pipe, LOG_LEVEL: 'none' }
  const child = spawn(process.execPath, [CLI, 'serve'], {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  const secret = await open(pipe, 'w')
  child.kill(signal)
  await secret.writeFile('no secret').catch(unlessItIsGone)
  await secret.close()
  const [code, by] = await ended
  return { code, by }
}

/** It may have ended before it could read. */
function unlessItIsGone(error: NodeJS.ErrnoException) {
  if (error.code !== 'EPIPE') throw error
}

test('an order to renew the workers ends no server that has none yet', async () => {
  expect(await hearWhileReading('SIGHUP')).toEqual({ code: 2, by: null })
})

test('an order to stop ends it', async () => {
  expect(await hearWhileReading('SIGTERM')).toEqual({ code: null, by: 'SIGTERM' })
})
