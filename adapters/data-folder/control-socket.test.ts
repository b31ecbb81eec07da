import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Terminal } from '../../src/terminal/terminal.ts'
import { askServer } from './ask-server.ts'
import { type ControlSocket, openControlSocket, type RunCommand } from './control-socket.ts'
import { readHolder, writeHolder } from './holder.ts'
import { lockDataFolder } from './lock.ts'

let top: string
let folder: string
let close: (() => Promise<void>)[]

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'campus-id-control-'))
  folder = top
  close = []
})
afterEach(async () => {
  for (const step of close.reverse()) await step()
  rmSync(top, { recursive: true, force: true })
})

async function serve(run: RunCommand): Promise<ControlSocket> {
  const lock = await lockDataFolder(folder)
  const control = await openControlSocket(folder, run)
  close.push(async () => lock.release(), control.close)
  return control
}

function terminal(answers: (string | null)[] = [], input = '') {
  const said: string[] = []
  const leaving = new AbortController()
  const end: Terminal = {
    folder: '/somewhere',
    operator: 'wang',
    signal: leaving.signal,
    out: (text) => said.push(`out ${text}`),
    err: (text) => said.push(`err ${text}`),
    ask: async (question, { hidden }) => {
      said.push(`${hidden ? 'hidden' : 'shown'} ${question}`)
      return answers.shift() ?? null
    },
    input: async () => input,
  }
  return { end, said, leaving }
}

describe('a command', () => {
  test('runs in the server: its arguments go in, its words and exit code come back', async () => {
    await serve(async (argv, { out, err, folder: from, operator }) => {
      out(`${argv.join('+')} of ${operator} in ${from}\n二\n`)
      err('careful\n')
      return 4
    })
    const { end, said } = terminal()
    expect(await askServer(folder, ['person', 'list', '--json'], end)).toBe(4)
    expect(said).toEqual(['out person+list+--json of wang in /somewhere\n二\n', 'err careful\n'])
  })

  test('asks the person at the other end, and reads what is piped in there', async () => {
    await serve(async (_, { ask, input, out }) => {
      const answers = [await ask('Sure?', { hidden: false }), await ask('Password:', { hidden: true })]
      out(JSON.stringify([...answers, await input(), await ask('More?', { hidden: false })]))
      return 0
    })
    const { end, said } = terminal(['yes', 'swordfish'], 'line\nline\n')
    expect(await askServer(folder, [], end)).toBe(0)
    expect(said.slice(0, 3)).toEqual(['shown Sure?', 'hidden Password:', 'shown More?'])
    expect(said[3]).toBe('out ["yes","swordfish","line\\nline\\n",null]')
  })

  test('may say a great deal', async () => {
    const line = `${'统一身份认证'.repeat(200)}\n`
    await serve(async (_, { out }) => {
      for (let count = 0; count < 500; count += 1) out(line)
      return 0
    })
    const { end, said } = terminal()
    expect(await askServer(folder, [], end)).toBe(0)
    expect(said.join('').length).toBe(500 * (line.length + 4))
  })

  test('runs beside others', async () => {
    const gate = Promise.withResolvers<void>()
    await serve(async (argv) => {
      if (argv[0] === 'slow') await gate.promise
      else gate.resolve()
      return 0
    })
    expect(
      await Promise.all([askServer(folder, ['slow'], terminal().end), askServer(folder, [], terminal().end)]),
    ).toEqual([0, 0])
  })

  test('learns that the person has left', async () => {
    const begun = Promise.withResolvers<void>()
    const aborted = Promise.withResolvers<string | null>()
    await serve(async (_, { signal, ask }) => {
      begun.resolve()
      const answer = ask('Anybody there?', { hidden: false })
      signal.addEventListener('abort', () => void answer.then(aborted.resolve))
      return new Promise(() => undefined)
    })
    const { end, leaving } = terminal()
    const left = new Promise<null>((resolve) => leaving.signal.addEventListener('abort', () => resolve(null)))
    const asked = askServer(folder, [], { ...end, ask: () => left })
    await begun.promise
    leaving.abort()
    expect(await aborted.promise).toBeNull()
    expect(await asked).toBe(130)
  })

  test('that the server could not finish is an error: it may have taken effect', async () => {
    const begun = Promise.withResolvers<void>()
    const control = await serve(() => {
      begun.resolve()
      return new Promise(() => undefined)
    })
    const asked = askServer(folder, [], terminal().end)
    const refused = expect(asked).rejects.toMatchObject({ code: 'server_lost' })
    await begun.promise
    await control.close()
    await refused
  })
})

test('without a server there is nobody to ask', async () => {
  expect(await askServer(folder, [], terminal().end)).toBeNull()
  await (await serve(async () => 0)).close()
  expect(await askServer(folder, [], terminal().end)).toBeNull()
})

test('the socket of a server that was killed is nobody, and the next server takes its place', async () => {
  const lock = await lockDataFolder(folder)
  const stale = join(folder, 'run', 'control.sock')
  const abandoned = createServer().listen(stale)
  await new Promise((resolve) => abandoned.once('listening', resolve))
  writeHolder(folder, { pid: 1, host: 'gone', socket: stale })
  // Out of its sight, so that it cannot clean up: a killed process does not either.
  renameSync(stale, `${stale}.kept`)
  abandoned.close()
  renameSync(`${stale}.kept`, stale)
  lock.release()
  expect(await askServer(folder, [], terminal().end)).toBeNull()
  await serve(async () => 7)
  expect(await askServer(folder, [], terminal().end)).toBe(7)
})

test('nobody else may speak to it', async () => {
  await serve(async () => 0)
  expect(statSync(join(folder, 'run', 'control.sock')).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700)
})

test('a stranger’s words end the conversation and nothing else', async () => {
  let runs = 0
  await serve(async () => {
    runs += 1
    return 0
  })
  for (const words of ['GET / HTTP/1.1\r\n\r\n', '{"kind":"answer","text":"x"}\n', '{"kind":"run"}\n', '\n']) {
    const socket = connect(readHolder(folder)?.socket ?? '').on('error', () => undefined)
    socket.write(words)
    await new Promise((resolve) => socket.once('close', resolve).resume())
  }
  expect(runs).toBe(0)
  expect(await askServer(folder, [], terminal().end)).toBe(0)
})

test('a folder that lies deeper than a socket’s path may be long is reached by a short one', async () => {
  folder = join(top, 'deep'.repeat(20), 'deeper'.repeat(15))
  mkdirSync(folder, { recursive: true })
  const control = await serve(async () => 5)
  const path = readHolder(folder)?.socket ?? ''
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  expect(await askServer(folder, [], terminal().end)).toBe(5)
  await control.close()
  expect(() => readdirSync(dirname(path))).toThrow()
})
