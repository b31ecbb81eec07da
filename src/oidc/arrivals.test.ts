import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import Koa from 'koa'
import { arrivals } from './arrivals.ts'

/** `read` is what the provider would find there. */
function newArrival(bytes: number) {
  const headers = { 'content-length': String(bytes) }
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'POST', url: '/token', headers })
  const ctx = new Koa().createContext(request, new ServerResponse(request))
  let read = ''
  return {
    request,
    arrive: async () =>
      arrivals(ctx, async () => {
        expect(request.readable).toBe(true)
        for (const event of ['readable', 'end', 'error', 'close']) expect(request.listenerCount(event)).toBe(0)
        for await (const chunk of request) read += chunk
      }),
    read: () => read,
  }
}

test('a body that comes in pieces is measured and read whole', async () => {
  const { request, arrive, read } = newArrival(11)
  const arrived = arrive()
  for (const piece of ['grant', '_type', '=']) {
    await setImmediate()
    expect(read()).toBe('')
    request.push(piece)
  }
  request.push(null)
  await arrived
  expect(read()).toBe('grant_type=')
})

test('a body that was there before anybody looked is read whole', async () => {
  const { request, arrive, read } = newArrival(3)
  request.push('a=b')
  request.push(null)
  await setImmediate()
  await arrive()
  expect(read()).toBe('a=b')
})

const refused = { code: 'malformed_request' }

test('a body that ends before its length is refused', async () => {
  const { request, arrive } = newArrival(4)
  request.push('a=b')
  request.push(null)
  await expect(arrive()).rejects.toMatchObject(refused)
})

test.each([
  ['without a byte', ''],
  ['in the middle', 'a='],
])('a sender who goes away %s is refused, and so is one who has gone', async (_when, sent) => {
  const { request, arrive } = newArrival(4)
  if (sent) request.push(sent)
  const arrived = arrive()
  await setImmediate()
  const cause = new Error('aborted')
  request.destroy(cause)
  await expect(arrived).rejects.toMatchObject({ ...refused, cause })
  await expect(arrive()).rejects.toMatchObject({ ...refused, cause })
})
