import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { freePort, isFree } from '../../test/support/free-port.ts'
import { addressOf, expectFree, listen } from './listen.ts'

const HOST = '127.0.0.1'
const open: { close(): void }[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function occupied(): Promise<number> {
  const [server, port] = [createServer(), await freePort()]
  open.push(server)
  server.listen(port, HOST)
  await once(server, 'listening')
  return port
}

const adviceFor = (port: number) =>
  expect.objectContaining({
    code: 'EADDRINUSE',
    message: `The address 127.0.0.1:${port} is taken: set PORT, or stop what listens there.`,
  })

test('where one address is taken, a server says which and what to do, and keeps none', async () => {
  const port = await occupied()
  const [one, other] = [createServer(), createServer()]
  const servers = [
    { host: '127.0.0.2', server: one },
    { host: HOST, server: other },
  ]
  await expect(listen(servers, port)).rejects.toEqual(adviceFor(port))
  expect([one.listening, other.listening]).toEqual([false, false])
})

test('ports are looked at before anything is opened, and left as they were', async () => {
  const [port, busy] = [await freePort(), await occupied()]
  await expectFree([HOST], [port])
  expect(await isFree(port)).toBe(true)
  await expect(expectFree([HOST], [port, busy])).rejects.toEqual(adviceFor(busy))
  expect(await isFree(port)).toBe(true)
})

test('an address of the sixth version is written as in a URL', () => {
  expect(addressOf('::1', 3000)).toBe('[::1]:3000')
})
