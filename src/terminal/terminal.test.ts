import { PassThrough } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { localTerminal, plain, table, widthOf } from './terminal.ts'

describe('a table', () => {
  test('gives Chinese characters the two columns that they take', () => {
    expect(
      table(
        ['NAME', 'STATE'],
        [
          ['阿依古丽·买买提', 'active'],
          ['石𬭎', 'pending'],
          ['Ann', 'active'],
        ],
      ),
    ).toBe(
      [
        'NAME             STATE',
        '阿依古丽·买买提  active',
        '石𬭎             pending',
        'Ann              active',
        '',
      ].join('\n'),
    )
  })

  test('lets nothing that stands in a cell steer the terminal', () => {
    expect(table(['NAME'], [['a\u001b[2J\r\nb\u202e']])).toBe('NAME\na[2Jb\n')
  })
})

test('widths count columns', () => {
  expect([widthOf('abc'), widthOf('统一'), widthOf('·'), widthOf('𬭎'), widthOf('')]).toEqual([3, 4, 1, 2, 0])
})

test('marks that terminals obey are taken out of data', () => {
  expect(plain('\u0007名\u009b\u2066')).toBe('名')
})

describe('a local terminal', () => {
  function sit({ isTTY = true } = {}) {
    const stdin = Object.assign(new PassThrough(), { isTTY })
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const leaving = new AbortController()
    const place = { folder: '/', operator: 'wang', signal: leaving.signal }
    const terminal = localTerminal({ stdin, stdout, stderr, ...place })
    const seen = (stream: PassThrough) => String(stream.read() ?? '')
    return { terminal, stdin, leaving, seen: () => ({ out: seen(stdout), err: seen(stderr) }) }
  }

  test('asks beside the output, and takes one line', async () => {
    const { terminal, stdin, seen } = sit()
    const asked = terminal.ask('Sure? ', { hidden: false })
    stdin.write('yes\n')
    expect(await asked).toBe('yes')
    const { out, err } = seen()
    expect({ out, isAsked: err.includes('Sure? '), isEchoed: err.includes('yes') }).toEqual({
      out: '',
      isAsked: true,
      isEchoed: true,
    })
  })

  test('shows nothing of an answer that is to be hidden', async () => {
    const { terminal, stdin, seen } = sit()
    const asked = terminal.ask('Password: ', { hidden: true })
    stdin.write('swordfisj\u007fh\n')
    expect(await asked).toBe('swordfish')
    expect(seen()).toEqual({ out: '', err: 'Password: \n' })
  })

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('takes %s for no answer', async (_, key) => {
    const { terminal, stdin } = sit()
    const asked = terminal.ask('Sure? ', { hidden: false })
    stdin.write(key)
    expect(await asked).toBeNull()
  })

  test('asks nobody who has left', async () => {
    const { terminal, leaving } = sit()
    const asked = terminal.ask('Sure? ', { hidden: true })
    leaving.abort()
    expect(await asked).toBeNull()
  })

  test('asks two questions one after the other', async () => {
    const { terminal, stdin } = sit()
    for (const answer of ['first', 'second']) {
      const asked = terminal.ask('? ', { hidden: true })
      stdin.write(`${answer}\n`)
      expect(await asked).toBe(answer)
    }
  })

  test('asks no pipe, and reads it whole', async () => {
    const { terminal, stdin } = sit({ isTTY: false })
    expect(await terminal.ask('Sure? ', { hidden: false })).toBeNull()
    stdin.end('a line\n另一行\n')
    expect(await terminal.input()).toBe('a line\n另一行\n')
  })
})
