import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { freePort } from '../../test/support/free-port.ts'
import { type Connection, openConnection } from './connection.ts'

let server: Server
let connection: Connection

afterEach(() => {
  connection.close()
  server.closeAllConnections()
  server.close()
})

async function connectTo(listener: RequestListener) {
  const port = await freePort()
  server = createServer(listener)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  connection = openConnection({ port, host: 'school.example' })
}

test('one connection carries one request after the other', async () => {
  const ports = new Set<number | undefined>()
  await connectTo(async (request, response) => {
    ports.add(request.socket.remotePort)
    const chunks = await request.toArray()
    response.end(`${request.method} ${request.headers.host} ${request.headers['x-of']} ${chunks.join('')}`)
  })
  const form = { name: '吴 & 兰' }
  expect((await connection.ask({ path: '/', headers: 'X-Of: lan\r\n' })).body).toBe('GET school.example lan ')
  expect((await connection.ask({ path: '/', form })).body).toContain('POST school.example undefined name=%E5%90%B4')
  expect(ports.size).toBe(1)
})

test('a connection that the server cuts is a failure of its request, and the next one opens another', async () => {
  let requests = 0
  await connectTo((_request, response) => {
    if (++requests === 1) response.destroy()
    else response.end('well')
  })
  await expect(connection.ask({ path: '/' })).rejects.toThrow()
  expect((await connection.ask({ path: '/' })).body).toBe('well')
})

test('a server that is not there is a failure too', async () => {
  await connectTo((_request, response) => response.end())
  const nowhere = openConnection({ port: await freePort(), host: 'school.example' })
  await expect(nowhere.ask({ path: '/' })).rejects.toThrow('ECONNREFUSED')
  nowhere.close()
})
