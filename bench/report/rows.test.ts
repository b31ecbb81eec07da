import { expect, test } from '@jest/globals'
import { table } from '../../src/terminal/terminal.ts'
import { FULL } from '../operations/bench-tools.ts'
import type { Finding } from '../operations/finding.ts'
import { barsOf, placeOf, textPlot } from './plot.ts'
import { markdown } from './results.ts'
import { faultLines, HEADINGS, rowOf } from './rows.ts'
import { svgPlot } from './svg.ts'

const userinfo: Finding = {
  operation: 'userinfo',
  title: 'userinfo',
  ours: { perSecond: 5_010.4, cpuMicroseconds: 199.6, p50: 1.24, p99: 3.96 },
  baseline: { perSecond: 6_530.1, cpuMicroseconds: 151.2, p50: 1, p99: 2 },
  ratio: { value: 0.757, low: 0.71, high: 0.79 },
  against: 'B',
  least: 1,
  must: '≥ 1 B',
  verdict: 'missed',
  faults: ['3 × GET /me: 500'],
  counts: { redis: 2, postgres: 1, signatures: 0, calls: {} },
}
const signIn: Finding = {
  operation: 'sign-in',
  title: 'password sign-in',
  ratio: { value: 0.85, low: 0.83, high: 0.88 },
  against: 'A',
  least: 0.8,
  must: '≥ 0.8 A',
  verdict: 'met',
  faults: [],
}
const memory: Finding = {
  operation: 'memory',
  title: 'memory',
  measured: '142 MB',
  must: '≤ 160 MB',
  verdict: 'met',
  faults: [],
}
const lost: Finding = {
  operation: 'sso',
  title: 'SSO',
  must: '≥ 1 B',
  verdict: 'not measured',
  faults: ['foreign CPU 14 %'],
}

test('a line says what was found, and nothing where there is nothing to say', () => {
  expect(rowOf(userinfo)).toEqual([
    'userinfo',
    '5010',
    '6530',
    '0.76 [0.71, 0.79]',
    '200 / 151',
    '1.2 / 4.0',
    '2',
    '1',
    '0',
    '≥ 1 B',
    'missed',
  ])
  expect(rowOf(signIn)[3]).toBe('0.85 [0.83, 0.88] of A')
  expect(rowOf(memory)).toEqual(['memory', '', '', '142 MB', '', '', '', '', '', '≤ 160 MB', 'met'])
})

test('every line has a cell for each heading', () => {
  for (const finding of [userinfo, signIn, memory, lost]) expect(rowOf(finding)).toHaveLength(HEADINGS.length)
  expect(table(HEADINGS, [rowOf(userinfo)])).toContain('0.76 [0.71, 0.79]')
})

test('what speaks against a figure stands beside its operation', () => {
  expect(faultLines([userinfo, memory, lost])).toEqual(['userinfo: 3 × GET /me: 500', 'SSO: foreign CPU 14 %'])
})

test('a bar shows how much of what must be is reached', () => {
  const bars = barsOf([userinfo, signIn, memory])
  expect(bars.map(({ title, reached }) => [title, reached])).toEqual([
    ['userinfo', 0.757],
    ['password sign-in', 0.85 / 0.8],
  ])
  expect([placeOf(0.25), placeOf(1), placeOf(4), placeOf(100)]).toEqual([0, 0.5, 1, 1])
  const [first = '', second = ''] = textPlot(bars).split('\n')
  expect(first).toMatch(/^userinfo {10}█+─* *│ +0\.76$/)
  expect(textPlot([])).toBe('')
  expect(second).toMatch(/^password sign-in {2}█+─* +1\.06$/)
})

test('the page of a run has its table and its faults', () => {
  const surroundings = {
    ...{ at: '2026-11-26T12:00:00.000Z', commit: 'abc1234', processor: 'P', cores: 2, memoryGigabytes: 24 },
    ...{ system: 'Linux', node: '24', provider: '9.13.3', postgres: 'PostgreSQL 15', redis: 'Redis 7' },
  }
  const page = markdown({ surroundings, effort: FULL, findings: [userinfo, lost] })
  expect(page).toContain('| userinfo | 5010 |')
  expect(page).toContain('- SSO: foreign CPU 14 %')
  expect(markdown({ surroundings, effort: FULL, findings: [memory] })).toContain('None.')
})

test('the picture has a bar for each ratio, and no markup of a title', () => {
  const picture = svgPlot(barsOf([{ ...userinfo, title: 'a < b' }, signIn]), 'today')
  expect(picture.match(/<rect /g)).toHaveLength(3)
  expect(picture).toContain('a &lt; b')
})
