import type { Socket } from 'node:net'
import { z } from 'zod'

/** JSON, a line each (NDJSON). The client begins with `run`; the server ends with `exit`. */
export const clientMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('run'), argv: z.array(z.string()), folder: z.string(), operator: z.string() }),
  /** To `ask` and `input`, in their order. */
  z.object({ kind: z.literal('answer'), text: z.string().nullable() }),
])

export const serverMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('out'), text: z.string() }),
  z.object({ kind: z.literal('err'), text: z.string() }),
  z.object({ kind: z.literal('ask'), question: z.string(), hidden: z.boolean() }),
  z.object({ kind: z.literal('input') }),
  z.object({ kind: z.literal('exit'), code: z.number().int() }),
])

export type ClientMessage = z.infer<typeof clientMessage>
export type ServerMessage = z.infer<typeof serverMessage>

/** A clients file piped in is the longest thing that travels here. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024

export function send(socket: Socket, message: ClientMessage | ServerMessage): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
}

/** Ends with the stream. Throws at what is no message: the two ends are one program, so it is a bug or a stranger. */
export async function* messages<Message>(socket: Socket, schema: z.ZodType<Message>): AsyncGenerator<Message> {
  socket.setEncoding('utf8')
  let rest = ''
  for await (const chunk of socket) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_LENGTH_MAX) throw new Error('a line of the control socket is too long')
    for (const line of lines) yield schema.parse(JSON.parse(line))
  }
}
