import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { freePort } from '../../test/support/free-port.ts'
import { openScrapeDoor, type ScrapeDoor } from './metrics.ts'

let door: ScrapeDoor
let port: number
afterEach(() => door.close())

const logged: object[] = []
const log = { error: (line: object) => void logged.push(line) }

async function open(write: () => Promise<string>): Promise<void> {
  port = await freePort()
  door = await openScrapeDoor({ host: '127.0.0.1', port }, log, write)
}

async function ask(path: string, method = 'GET') {
  const asking = request({ host: '127.0.0.1', port, path, method, agent: false }).end()
  const [response] = await once(asking, 'response')
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

describe('the door of the metrics', () => {
  test('answers Prometheus, and lets nobody keep the answer', async () => {
    await open(async () => 'campus_metric 1\n')
    const { status, headers, body } = await ask('/metrics')
    expect([status, body]).toEqual([200, 'campus_metric 1\n'])
    expect(headers).toMatchObject({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(await ask('/metrics', 'HEAD')).toMatchObject({ status: 200, body: '' })
    expect(door.listening).toBe(`127.0.0.1:${port}`)
  })

  test.each([
    ['GET', '/'],
    ['GET', '/metrics/'],
    ['GET', '/metrics?name=x'],
    ['GET', '/healthz'],
    ['POST', '/metrics'],
    ['GET', '/auth'],
  ])('answers nothing else: %s %s', async (method, path) => {
    await open(async () => 'campus_metric 1\n')
    expect(await ask(path, method)).toMatchObject({ status: 404, body: 'not found\n' })
  })

  test('says so when it has no answer, and why only to the log', async () => {
    await open(() => Promise.reject(new Error('a secret of the inside')))
    const { status, body } = await ask('/metrics')
    expect([status, body]).toEqual([503, 'unavailable\n'])
    expect(logged).toHaveLength(1)
    expect(await ask('/metrics')).toMatchObject({ status: 503 })
  })

  test('makes one tour for all who ask at once', async () => {
    let tours = 0
    const { promise, resolve } = Promise.withResolvers<string>()
    await open(() => {
      tours += 1
      return promise
    })
    const asked = [ask('/metrics'), ask('/metrics'), ask('/metrics')]
    await ask('/')
    resolve('campus_metric 1\n')
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200])
    expect(tours).toBe(1)
  })
})

test('a port that somebody else has is an error that names the variable', async () => {
  await open(async () => '')
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const taken = typeof address === 'object' && address !== null ? address.port : 0
  await expect(openScrapeDoor({ host: '127.0.0.1', port: taken }, log, async () => '')).rejects.toThrow(
    `The address 127.0.0.1:${taken} is taken: set METRICS_PORT, or stop what listens there.`,
  )
  other.close()
})
