/** The way into a running server for the command line: the process that owns the data folder runs the command. */
import { chmodSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Terminal } from '../../src/terminal/terminal.ts'
import { clientMessage, messages, send } from './control-protocol.ts'
import { readHolder, runFolder, writeHolder } from './holder.ts'

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them the end. */
const PATH_BYTES_MAX = 103

export interface ControlSocket {
  /** Takes no more commands, and ends those that still run. */
  close(): Promise<void>
}

/** Answers the exit code. */
export type RunCommand = (argv: readonly string[], terminal: Terminal) => Promise<number>

/** To be opened by the holder of the folder's lock alone. */
export async function openControlSocket(folder: string, run: RunCommand): Promise<ControlSocket> {
  // Whoever left these behind is dead: the lock is ours.
  discard(folder, readHolder(folder)?.socket ?? null)
  const path = socketPath(folder)
  rmSync(path, { force: true })
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    // What it rejects with is a client that speaks another language or left: there is nobody to tell.
    converse(socket, run)
      .catch(() => undefined)
      .finally(() => socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  // Its folder lets nobody else in; this is the second bolt.
  chmodSync(path, 0o600)
  writeHolder(folder, { pid: process.pid, host: hostname(), socket: path })

  return {
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
      writeHolder(folder, { pid: process.pid, host: hostname(), socket: null })
      discard(folder, path)
    },
  }
}

/** A data folder may lie deeper than the path of a socket can be long: then a short folder of our own stands in. */
function socketPath(folder: string): string {
  const path = join(runFolder(folder), 'control.sock')
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path
  return join(mkdtempSync(join(tmpdir(), 'campus-id-')), 's')
}

function discard(folder: string, path: string | null): void {
  if (path === null) return
  rmSync(path, { force: true })
  if (dirname(path) === runFolder(folder)) return
  try {
    rmdirSync(dirname(path))
  } catch {
    // Cleaned up by the system, or not empty and so not ours.
  }
}

async function converse(socket: Socket, run: RunCommand): Promise<void> {
  const left = new AbortController()
  const waiting: ((text: string | null) => void)[] = []
  const leave = () => {
    left.abort()
    for (const resolve of waiting.splice(0)) resolve(null)
  }
  const answer = () =>
    new Promise<string | null>((resolve) => {
      if (left.signal.aborted) resolve(null)
      else waiting.push(resolve)
    })
  socket.on('error', leave)
  socket.once('close', leave)
  const incoming = messages(socket, clientMessage)
  const { value: request } = await incoming.next()
  if (request?.kind !== 'run') return
  const terminal: Terminal = {
    folder: request.folder,
    operator: request.operator,
    signal: left.signal,
    out: (text) => send(socket, { kind: 'out', text }),
    err: (text) => send(socket, { kind: 'err', text }),
    ask: (question, { hidden }) => {
      send(socket, { kind: 'ask', question, hidden })
      return answer()
    },
    input: async () => {
      send(socket, { kind: 'input' })
      return (await answer()) ?? ''
    },
  }
  const ended = run(request.argv, terminal).then((code) => {
    send(socket, { kind: 'exit', code })
    socket.end()
  })
  for await (const message of incoming) if (message.kind === 'answer') waiting.shift()?.(message.text)
  leave()
  await ended
}
