import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { type House, openHouse } from '../../test/support/house.ts'
import { until } from '../../test/support/until.ts'
import type { Room } from './room.ts'
import { serverLimits } from './server.ts'

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

describe('stopping', () => {
  const stop = (opened: House, withinSeconds = 10) => {
    opened.readiness.beginStopping()
    return opened.server.stop(withinSeconds)
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

describe('leaving, while others go on', () => {
  const never = new Promise<void>(() => {})
  const leave = (opened: House, { withinSeconds = 10, hurried = never } = {}) => {
    opened.readiness.beginLeaving()
    return opened.server.leave({ withinSeconds, hurried })
  }

  /** Sends on one connection, which it keeps. */
  function keptConnection(port: number) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const send = async (path: string) => {
      const sending = request({ host: '127.0.0.1', port, path, headers: { host }, agent })
      sending.end()
      const [response] = await once(sending, 'response')
      return { body: await text(response), isKept: sending.reusedSocket, connection: response.headers.connection }
    }
    return { send, end: () => agent.destroy() }
  }

  test('closes no spare connection: its next request is answered, and then it is told to go', async () => {
    const { room } = waitingRoom()
    house = await openHouse({ rooms: [room] })
    const kept = keptConnection(house.port)
    expect(await kept.send('/quick')).toMatchObject({ isKept: false, connection: 'keep-alive' })
    const left = leave(house)
    // Longer than the pause of any round that looks for spare connections.
    await until('time has passed', elapsed(900))
    expect(await kept.send('/quick')).toEqual({ body: 'at once', isKept: true, connection: 'close' })
    await left
    kept.end()
  })

  test('takes no new connection from its first moment', async () => {
    house = await openHouse()
    const kept = keptConnection(house.port)
    await kept.send('/healthz')
    const left = leave(house)
    await expect(house.send('/healthz')).rejects.toThrow('ECONNREFUSED')
    await kept.send('/healthz')
    await left
  })

  test('lets an answer that is being made leave', async () => {
    const { room, release, arrived } = waitingRoom()
    house = await openHouse({ rooms: [room] })
    const kept = keptConnection(house.port)
    const answer = kept.send('/slow')
    await until('the request has arrived', () => arrived() === 1)
    const left = leave(house)
    release()
    expect(await answer).toMatchObject({ body: 'at last', connection: 'close' })
    await left
  })

  test('ends by itself when the time of a spare connection is over', async () => {
    const options = { ...serverLimits, keepAliveTimeout: 100, keepAliveTimeoutBuffer: 0 }
    house = await openHouse({ limits: { options, stillMillisecondsMax: 0 } })
    const kept = keptConnection(house.port)
    await kept.send('/healthz')
    await leave(house)
    kept.end()
  })

  test('still cuts slow senders off', async () => {
    const options = { ...serverLimits, headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 50 }
    house = await openHouse({ limits: { options, stillMillisecondsMax: 0 } })
    const slow = connect(house.port, '127.0.0.1')
    await once(slow, 'connect')
    slow.write('GET / HTTP/1.1')
    const said = text(slow)
    await until('it is connected', () => house.server.server.listening)
    await leave(house)
    expect(await said).toMatch(/^HTTP\/1.1 408 /)
  })

  test('gives up after its time, or as soon as it is hurried, and leaves the rest to stopping', async () => {
    const { room, arrived } = waitingRoom()
    house = await openHouse({ rooms: [room] })
    const answer = house.send('/slow').catch((error: Error) => error.message)
    await until('the request has arrived', () => arrived() === 1)
    await leave(house, { withinSeconds: 0.1 })
    await leave(house, { hurried: Promise.resolve() })
    house.readiness.beginStopping()
    await house.server.stop(0.5)
    expect(await answer).toBe('socket hang up')
  })

  test('the server as a whole is ready meanwhile', async () => {
    house = await openHouse()
    const kept = keptConnection(house.port)
    await kept.send('/healthz')
    const left = leave(house)
    expect(JSON.parse((await kept.send('/readyz')).body)).toMatchObject({ state: 'ready' })
    await left
  })
})

function elapsed(milliseconds: number): () => boolean {
  const start = performance.now()
  return () => performance.now() - start > milliseconds
}
