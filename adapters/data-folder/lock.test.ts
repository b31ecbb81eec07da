import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { writeHolder } from './holder.ts'
import { lockDataFolder } from './lock.ts'

const atOnce = { patienceMilliseconds: 0 }

/** Starting a process of Node takes seconds on a machine that is busy. */
jest.setTimeout(60_000)

let folder: string
const started: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campus-id-lock-'))
})
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A process of its own that takes the lock; says `locked` or the error's message, then lives on. */
async function otherProcess(): Promise<{ child: ChildProcess; said: string }> {
  const program = `
    import { lockDataFolder } from ${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}
    const said = await lockDataFolder(${JSON.stringify(folder)}, ${JSON.stringify(atOnce)})
      .then(() => 'locked', (error) => error.message)
    // Nobody keeps what was answered: were the lock's handle collected, the lock would be gone.
    for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(() => resolve(gc())))
    process.send(said)
    setInterval(() => undefined, 1000)`
  const args = ['--no-warnings', '--expose-gc', '--input-type=module', '--eval', program]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  started.push(child)
  const [said] = await once(child, 'message')
  return { child, said }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

test('a folder that is held is refused, and the error names the holder and the way out', async () => {
  const lock = await lockDataFolder(folder)
  const { said } = await otherProcess()
  expect(said).toContain(`process ${process.pid} on `)
  expect(said).toContain('set DATA_DIR to another folder')
  lock.release()
})

test('the same process is refused as well', async () => {
  const lock = await lockDataFolder(folder)
  await expect(lockDataFolder(folder, atOnce)).rejects.toMatchObject({ code: 'data_folder_locked' })
  lock.release()
  lock.release()
  const again = await lockDataFolder(folder)
  again.release()
})

test('a released lock is free at once for another process', async () => {
  const lock = await lockDataFolder(folder)
  lock.release()
  expect((await otherProcess()).said).toBe('locked')
})

test('a holder that was killed leaves nothing behind that stops the next', async () => {
  const { child, said } = await otherProcess()
  expect(said).toBe('locked')
  await expect(lockDataFolder(folder, atOnce)).rejects.toThrow(`process ${child.pid}`)
  await end(child, 'SIGKILL')
  const lock = await lockDataFolder(folder)
  lock.release()
})

test('of racing starters exactly one wins, also over the remains of a killed one', async () => {
  await end((await otherProcess()).child, 'SIGKILL')
  const racers = await Promise.all(Array.from({ length: 4 }, otherProcess))
  expect(racers.filter(({ said }) => said === 'locked')).toHaveLength(1)
  const winner = racers.find(({ said }) => said === 'locked')?.child.pid
  for (const { said } of racers) if (said !== 'locked') expect(said).toContain(`process ${winner}`)
})

test('a holder that does not listen for commands is waited for: it is a command, or about to listen', async () => {
  const lock = await lockDataFolder(folder)
  const next = lockDataFolder(folder)
  setTimeout(() => lock.release(), 800)
  const after = await next
  after.release()
})

test('a server that listens is not waited for', async () => {
  const lock = await lockDataFolder(folder)
  writeHolder(folder, { pid: process.pid, host: 'here', socket: '/nowhere' })
  const asked = performance.now()
  await expect(lockDataFolder(folder)).rejects.toMatchObject({ code: 'data_folder_locked' })
  expect(performance.now() - asked).toBeLessThan(5_000)
  lock.release()
})

test('what it keeps is the owner’s alone', async () => {
  const lock = await lockDataFolder(folder)
  expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'run', 'holder.json')).mode & 0o777).toBe(0o600)
  lock.release()
  expect(readdirSync(join(folder, 'run'))).toEqual(['lock'])
})
