import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type House, openHouse } from '../../test/support/house.ts'
import { until } from '../../test/support/until.ts'
import { readForm } from './form.ts'
import type { Room } from './room.ts'
import { serverLimits } from './server.ts'

const host = 'id.school.example'

let house: House
afterEach(() => house.server.server.closeAllConnections())

const headersOf = (answer: string) => answer.slice(0, answer.indexOf('\r\n\r\n')).toLowerCase()

describe('what is no request for the app', () => {
  test.each([
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
    ['an address that is too long', `GET /${'x'.repeat(17 * 1024)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 431],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['two lengths', `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
    [
      'a length and chunks at once',
      `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a header with a NUL', `GET / HTTP/1.1\r\nHost: ${host}\r\nX: a\0b\r\n\r\n`, 400],
    ['an expectation', `GET / HTTP/1.1\r\nHost: ${host}\r\nExpect: the moon\r\n\r\n`, 417],
  ])('%s: answered, with our headers, and hung up on', async (_what, bytes, status) => {
    house = await openHouse()
    const answer = await house.raw(bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(headersOf(answer)).toContain("\r\ncontent-security-policy: default-src 'none';")
    expect(headersOf(answer)).toContain('\r\nx-content-type-options: nosniff')
    expect(headersOf(answer)).toContain('\r\nconnection: close')
    expect(headersOf(answer)).toContain('\r\nx-request-id: ')
    await house.close()
  })

  test('leaves a line in the log under the id that its sender was told', async () => {
    house = await openHouse()
    const answer = await house.raw('hello\r\n\r\n')
    const { request_id } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
    expect(house.lines).toContainEqual(expect.objectContaining({ request: request_id, msg: 'unreadable request' }))
    await house.close()
  })
})

test('slow senders are cut off after seconds, and spare connections outlive those of a proxy', async () => {
  house = await openHouse()
  const { headersTimeout, requestTimeout, keepAliveTimeout } = house.server.server
  expect([headersTimeout, requestTimeout]).toEqual([serverLimits.headersTimeout, serverLimits.requestTimeout])
  expect(requestTimeout).toBeLessThanOrEqual(15_000)
  expect(keepAliveTimeout).toBeGreaterThan(60_000)
  await house.close()
})

describe('with limits that a test can wait for:', () => {
  const options = {
    ...serverLimits,
    headersTimeout: 100,
    requestTimeout: 200,
    connectionsCheckingInterval: 50,
    keepAliveTimeout: 100,
    keepAliveTimeoutBuffer: 0,
  }
  const stillMillisecondsMax = 300
  const readingRoom: Room = {
    mount(router) {
      router.post('/form', async (ctx) => {
        await readForm(ctx)
      })
      router.get('/large', (ctx) => {
        ctx.body = 'x'.repeat(1_000_000)
      })
    },
  }
  const openLimited = async () => {
    house = await openHouse({ rooms: [readingRoom], limits: { options, stillMillisecondsMax } })
  }

  test.each([
    ['headers that do not end', `GET / HTTP/1.1\r\nHost: ${host}\r\nX: `],
    [
      'those of a body that does not end',
      [
        'POST /form HTTP/1.1',
        `Host: ${host}`,
        `Origin: https://${host}`,
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: 100',
        '',
        'login=2',
      ].join('\r\n'),
    ],
  ])('%s are answered 408, and hung up on', async (_what, bytes) => {
    await openLimited()
    expect(await house.raw(bytes)).toMatch(/^HTTP\/1.1 408 /)
    await house.close()
  })

  test('a connection that says nothing is hung up on', async () => {
    await openLimited()
    expect(await house.raw('')).toMatch(/^(HTTP\/1.1 408 |$)/)
    await house.close()
  })

  test('a spare connection is kept for its time, and no longer', async () => {
    await openLimited()
    const answer = await house.raw(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 200 .*\r\nConnection: keep-alive/s)
    await house.close()
  })

  test('a connection whose answers nobody reads is hung up on', async () => {
    await openLimited()
    const greedy = connect(house.port, '127.0.0.1').pause()
    await once(greedy, 'connect')
    greedy.on('error', () => undefined)
    greedy.write(`GET /large HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(50))
    const { server } = house.server
    const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)))
    await until('it has connected', async () => (await connections()) === 1)
    await until('it is hung up on', async () => (await connections()) === 0)
    greedy.destroy()
    await house.close()
  })
})
