import { connect, type Socket } from 'node:net'
import type { Terminal } from '../../src/terminal/terminal.ts'
import { messages, type ServerMessage, send, serverMessage } from './control-protocol.ts'
import { readHolder } from './holder.ts'

/** 128 and the number of SIGINT, as shells have it. */
const INTERRUPTED = 130

/**
 * Has the server that owns this folder run a command, and answers its exit code; null when none listens there. Rejects
 * when the server ends before the command does: whether it took effect is then unknown.
 */
export async function askServer(folder: string, argv: readonly string[], terminal: Terminal): Promise<number | null> {
  const socket = await reach(readHolder(folder)?.socket ?? null)
  if (socket === null) return null
  const leave = () => socket.destroy()
  terminal.signal.addEventListener('abort', leave)
  try {
    send(socket, { kind: 'run', argv: [...argv], folder: terminal.folder, operator: terminal.operator })
    for await (const message of messages(socket, serverMessage)) {
      if (message.kind === 'exit') return message.code
      await show(message, socket, terminal)
    }
  } catch (error) {
    if (!terminal.signal.aborted) throw lostServer(error)
  } finally {
    terminal.signal.removeEventListener('abort', leave)
    socket.destroy()
  }
  if (terminal.signal.aborted) return INTERRUPTED
  throw lostServer()
}

async function show(message: ServerMessage, socket: Socket, terminal: Terminal): Promise<void> {
  switch (message.kind) {
    case 'out':
      return terminal.out(message.text)
    case 'err':
      return terminal.err(message.text)
    case 'ask':
      return send(socket, { kind: 'answer', text: await terminal.ask(message.question, message) })
    case 'input':
      return send(socket, { kind: 'answer', text: await terminal.input() })
  }
}

/** A socket that nobody listens on any more is as good as none: whoever left it behind was killed. */
async function reach(path: string | null): Promise<Socket | null> {
  if (path === null) return null
  const socket = connect(path)
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(null))
  })
}

function lostServer(cause?: unknown): Error {
  const message = 'The server ended before the command did: look at what was done before you repeat it.'
  return Object.assign(new Error(message, { cause }), { code: 'server_lost' })
}
