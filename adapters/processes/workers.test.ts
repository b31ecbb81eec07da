import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from '@jest/globals'
import type { Worker } from '../../src/supervisor/supervisor.ts'
import { freePort } from '../../test/support/free-port.ts'
import { isRunning } from '../../test/support/process-family.ts'
import { type Workers, workersOf } from './workers.ts'

const STANDSTILL_MILLISECONDS = 2_000
const ANSWER_MILLISECONDS_MAX = 5_000

const started: Worker[] = []
afterEach(async () => {
  for (const worker of started) worker.kill()
  for (const { ended } of started.splice(0)) await ended
})

function open(behaviours: readonly string[], port = ''): Workers & { begin(): Worker[] } {
  const workers = workersOf({
    path: join(import.meta.dirname, '../../test/support/sample-worker.ts'),
    words: [],
    environment: (number) => ({
      SAMPLE_PLACE: String(number),
      SAMPLE_BEHAVIOUR: behaviours[number - 1] ?? 'serves',
      SAMPLE_PORT: port,
    }),
  })
  return {
    ...workers,
    begin: () => {
      const begun = behaviours.map((_, index) => workers.startWorker(index + 1))
      started.push(...begun)
      return begun
    },
  }
}

async function beginReady(behaviours: readonly string[], port?: string) {
  const workers = open(behaviours, port)
  const begun = workers.begin()
  await Promise.all(begun.map(({ ready }) => ready))
  const [first] = begun
  if (first === undefined) throw new Error('a test begins one at least')
  return { ask: workers.ask, begun, first }
}

test('a worker is ready when it says so, carries out its order and ends', async () => {
  const { first } = await beginReady(['serves'])
  expect(isRunning(first.pid)).toBe(true)
  first.tell('stop')
  expect(await first.ended).toEqual({ code: 0, signal: null })
  // Nobody hears it, and nobody minds.
  first.tell('stop')
})

test('a worker that leaves may be hurried', async () => {
  const { first } = await beginReady(['serves'])
  first.tell('leave')
  first.tell('stop')
  expect(await first.ended).toEqual({ code: 10, signal: null })
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s to a worker alone stops it gracefully', async (signal) => {
  const { first } = await beginReady(['serves'])
  process.kill(first.pid, signal)
  expect(await first.ended).toEqual({ code: 0, signal: null })
})

test('SIGHUP is none of its affairs', async () => {
  const { first, ask } = await beginReady(['serves'])
  process.kill(first.pid, 'SIGHUP')
  expect(await ask('place')).toEqual([{ place: '1', told: [] }])
})

test('how a worker ended is told: by its exit code, or by the signal that ended it', async () => {
  const [stillborn] = open(['cannot start']).begin()
  expect(await stillborn?.ended).toEqual({ code: 3, signal: null })
  const { first } = await beginReady(['serves'])
  first.kill()
  expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' })
})

test('all are asked, and those who hang, have nothing to say or are gone are left out', async () => {
  const { ask, begun } = await beginReady(['serves', 'hangs', 'serves'])
  expect(await ask('place')).toEqual([
    { place: '1', told: [] },
    { place: '3', told: [] },
  ])
  expect(await ask('trouble')).toEqual([])
  expect(await ask('nonsense')).toEqual([])
  begun[0]?.kill()
  const left = await ask('place')
  expect(left.length).toBeLessThanOrEqual(2)
  await begun[0]?.ended
  expect(await ask('place')).toEqual([{ place: '3', told: [] }])
})

test('a worker answers that it lives, until it stands still or has ended', async () => {
  const { first } = await beginReady(['hangs'])
  expect(await first.answers()).toBe(true)
  process.kill(first.pid, 'SIGSTOP')
  expect(await first.answers()).toBe(false)
  first.kill()
  await first.ended
  expect(await first.answers()).toBe(false)
})

test('a connection that is handed to a worker that has just closed its doors is answered by another', async () => {
  const port = await freePort()
  const { first } = await beginReady(['serves', 'serves'], String(port))
  const answers = [1, 2, 3].map(() => askAt(port))
  // The system connects all three, and as long as this process stands still nobody takes them: the worker leaves first.
  for (let tick = 0; tick < 50; tick++) await new Promise<void>((resolve) => process.nextTick(resolve))
  first.tell('leave')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STANDSTILL_MILLISECONDS)
  expect(await Promise.all(answers)).toEqual(['2', '2', '2'])
  expect(await first.ended).toEqual({ code: 0, signal: null })
})

test('a connection that was on its way to a worker that died is closed: nobody waits for it', async () => {
  const port = await freePort()
  const { first } = await beginReady(['serves'], String(port))
  expect(await askAt(port)).toBe('1')
  process.kill(first.pid, 'SIGSTOP')
  const answer = askAt(port).catch(({ message }: Error) => message)
  await connected(port)
  first.kill()
  expect(await answer).toMatch(/socket hang up|ECONNRESET/)
})

/** The first process takes connections in their order: when this one is there, it has taken those before it. */
async function connected(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  for (let turn = 0; turn < 50; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
  socket.destroy()
}

async function askAt(port: number): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, agent: false, timeout: ANSWER_MILLISECONDS_MAX })
  asked.on('timeout', () => asked.destroy(new Error('nobody answered')))
  asked.end()
  const [response] = await once(asked, 'response')
  return text(response)
}
