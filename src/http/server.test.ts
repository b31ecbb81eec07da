import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type House, openHouse } from '../../test/support/house.ts'
import { until } from '../../test/support/until.ts'
import type { Room } from './room.ts'
import { serverLimits, stopGracefully } from './server.ts'

const host = 'id.school.example'

/** A room whose answer waits until the test lets it go. */
function waitingRoom() {
  const gate = Promise.withResolvers<void>()
  let arrived = 0
  const room: Room = {
    mount(router) {
      router.get('/slow', async (ctx) => {
        arrived += 1
        await gate.promise
        ctx.body = 'at last'
      })
      router.get('/quick', (ctx) => {
        ctx.body = 'at once'
      })
    },
  }
  return { room, release: () => gate.resolve(), arrived: () => arrived }
}

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

describe('stopping', () => {
  const stop = (opened: House, withinSeconds = 10) => {
    opened.readiness.beginStopping()
    return stopGracefully([opened.server], { withinSeconds })
  }

  test('lets an answer that is being made leave, and tells its sender to go', async () => {
    const { room, release, arrived } = waitingRoom()
    house = await openHouse({ rooms: [room] })
    const answer = house.send('/slow', { headers: { connection: 'keep-alive' } })
    await until('the request has arrived', () => arrived() === 1)
    const stopped = stop(house)
    release()
    expect(await answer).toMatchObject({ status: 200, body: 'at last', headers: { connection: 'close' } })
    await stopped
  })

  test('takes no new connection when it is over, and leaves none open, not even one that never spoke', async () => {
    house = await openHouse()
    const silent: Socket = connect(house.port, '127.0.0.1')
    await once(silent, 'connect')
    const ended = once(silent.resume(), 'close')
    await stop(house)
    await ended
    await expect(house.send('/healthz')).rejects.toThrow('ECONNREFUSED')
  })

  test('does not wait for ever', async () => {
    const { room, arrived } = waitingRoom()
    house = await openHouse({ rooms: [room] })
    const answer = house.send('/slow').catch((error: Error) => error.message)
    await until('the request has arrived', () => arrived() === 1)
    await stop(house, 1)
    expect(await answer).toBe('socket hang up')
  })

  test('drops no request of senders who keep their connections busy', async () => {
    const { room } = waitingRoom()
    house = await openHouse({ rooms: [room] })
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const answers: string[] = []
    const failures: { onKeptConnection: boolean }[] = []
    const sendOn = async (): Promise<void> => {
      const sending = request({ host: '127.0.0.1', port: house.port, path: '/quick', headers: { host }, agent })
      sending.end()
      try {
        const [response] = await once(sending, 'response')
        answers.push(await text(response))
      } catch {
        failures.push({ onKeptConnection: sending.reusedSocket })
        return
      }
      return sendOn()
    }
    const senders = Array.from({ length: 4 }, sendOn)
    await until('a hundred answers', () => answers.length > 100)
    await stop(house)
    await Promise.all(senders)
    // A new connection that finds the door closed is no request yet: a proxy asks the next server.
    expect(failures).toEqual(Array.from({ length: 4 }, () => ({ onKeptConnection: false })))
    expect(answers).toHaveLength(house.lines.filter(({ msg }) => msg === 'request').length)
    agent.destroy()
  })
})
