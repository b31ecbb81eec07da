/** docs/integration/conformance.md names tests of ours for modules of the certification suite: they exist. */
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

const page = readFileSync('docs/integration/conformance.md', 'utf8')
const rows = page
  .slice(page.indexOf('## Modules and our tests'))
  .split('\n')
  .map((line) => /^\| ([^|]+?) +\| `([^`]+)` +\| (.+?) +\|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, plan = '', module = '', cell = '']) => ({ plan, module, cell }))

test('the table has a row for every module once', () => {
  const names = rows.map(({ plan, module }) => `${plan} ${module}`)
  expect(names.length).toBeGreaterThan(60)
  expect(new Set(names).size).toBe(names.length)
})

test.each(rows)('$plan: $module', ({ cell }) => {
  const named = /^`(test\/[\w/.-]+\.test\.ts)` › (.+)$/.exec(cell)
  if (named === null) return expect(cell).toMatch(/^none: \S/)
  const [, file = '', name = ''] = named
  expect(existsSync(file)).toBe(true)
  expect(readFileSync(file, 'utf8')).toContain(name)
})

test('the page claims no result of a suite that was not run', () => {
  expect(page).toContain('**No plan has been run')
  expect(page).not.toMatch(/\bpass(ed|es)?\b|\bcertified\b/i)
})
