/** docs/security/protocol.md names tests: each must exist, or the page promises what nobody looks at. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from '@jest/globals'

const TOP = resolve(import.meta.dirname, '../..')
const PAGE = readFileSync(join(TOP, 'docs/security/protocol.md'), 'utf8')
const ROWS = [...PAGE.matchAll(/^\| ([BOR]\d+) +\|(.*)\|(.*)\|$/gm)].map(([, id = '', says = '', tests = '']) => ({
  id,
  says: says.trim(),
  tests: tests.split('<br>').map((one) => /^ *`([^`]+)`: (.+?) *$/.exec(one)?.slice(1) ?? [one, '']),
}))

const numbered = (letter: string, last: number) => Array.from({ length: last }, (_, at) => `${letter}${at + 1}`)

test('every statement is there once, in order', () => {
  expect(ROWS.map(({ id }) => id)).toEqual([...numbered('B', 22), ...numbered('O', 12), ...numbered('R', 7)])
})

test.each(ROWS)('$id is shown by tests that exist', ({ says, tests }) => {
  expect(says).toMatch(/\.$/)
  for (const [file = '', title = ''] of tests) {
    expect(title).not.toBe('')
    expect({ file, exists: existsSync(join(TOP, file)) }).toEqual({ file, exists: true })
    expect({ file, title, stands: readFileSync(join(TOP, file), 'utf8').includes(title) }).toMatchObject({
      stands: true,
    })
  }
})
