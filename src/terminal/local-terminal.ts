import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Terminal } from './terminal.ts'

interface Ends {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  folder: string
  operator: string
  signal: AbortSignal
}

/** The terminal, or the pipes, that this process was started with. Questions never go to standard output. */
export function localTerminal({ stdin, stdout, stderr, ...rest }: Ends): Terminal {
  return {
    ...rest,
    out: (words) => void stdout.write(words),
    err: (words) => void stderr.write(words),
    input: async () => (stdin.isTTY ? '' : await text(stdin)),
    ask: async (question, { hidden }) => {
      if (!stdin.isTTY || rest.signal.aborted) return null
      // The reader echoes what is typed, and repeats its question when a letter is taken back: into the void.
      const output = hidden ? new PassThrough().resume() : stderr
      const reader = createInterface({ input: stdin, output, terminal: true })
      if (hidden) stderr.write(question)
      try {
        return await new Promise<string | null>((resolve) => {
          reader.question(question, resolve)
          // Ctrl-D, Ctrl-C, or the end of the conversation.
          reader.once('close', () => resolve(null))
          reader.once('SIGINT', () => reader.close())
          rest.signal.addEventListener('abort', () => reader.close(), { once: true })
        })
      } finally {
        reader.close()
        if (hidden) stderr.write('\n')
      }
    },
  }
}
