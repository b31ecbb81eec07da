/**
 * One keep-alive connection that carries one request at a time. The clients of Node cost as much CPU a request as the
 * server that they ask; a generator of that weight would measure itself.
 */
import { connect, type Socket } from 'node:net'
import { type Answer, readAnswer } from './answer.ts'

export interface Request {
  /** Path and query. */
  path: string
  /** Without it, a GET. */
  form?: Readonly<Record<string, string>>
  /** Lines as they are sent, each with `\r\n` at its end. */
  headers?: string
}

export interface Connection {
  ask(request: Request): Promise<Answer>
  close(): void
}

export interface Peer {
  port: number
  /** What stands in Host. */
  host: string
}

interface Waiting {
  resolve(answer: Answer): void
  reject(error: Error): void
}

export function openConnection({ port, host }: Peer): Connection {
  let socket: Socket | null = null
  let waiting: Waiting | null = null
  let read = ''

  function fail(error: Error) {
    socket?.destroy()
    socket = null
    read = ''
    const failed = waiting
    waiting = null
    failed?.reject(error)
  }

  function take(chunk: string) {
    read += chunk
    try {
      const found = readAnswer(read)
      if (!found) return
      read = read.slice(found.length)
      const answered = waiting
      waiting = null
      answered?.resolve(found.answer)
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  function opened(): Socket {
    const opening = connect({ port, host: '127.0.0.1', noDelay: true })
    opening.setEncoding('latin1')
    opening.on('data', take)
    opening.on('error', fail)
    // A server that closes an idle connection does nobody wrong; the next request opens another.
    opening.on('close', () => opening === socket && fail(new Error('the connection was closed')))
    return opening
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        socket ??= opened()
        socket.write(encode(request, host), 'latin1')
      }),
    close() {
      socket?.removeAllListeners('close')
      socket?.destroy()
      socket = null
    },
  }
}

function encode({ path, form, headers = '' }: Request, host: string): string {
  if (form === undefined) return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`
  const body = new URLSearchParams(form).toString()
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}${FORM}Content-Length: ${body.length}\r\n\r\n${body}`
}

const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
