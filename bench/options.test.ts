import { expect, test } from '@jest/globals'
import { readOptions, USAGE } from './options.ts'

test('a whole run is full, strict, and kept', () => {
  expect(readOptions([])).toMatchObject({ only: [], json: false, keep: true, effort: { pairs: 5, foreignMax: 0.1 } })
})

test('a look at something is not kept', () => {
  expect(readOptions(['--quick'])).toMatchObject({ keep: false, effort: { pairs: 2 } })
  expect(readOptions(['--only', 'sso', '--only', 'jwks'])).toMatchObject({ keep: false, only: ['sso', 'jwks'] })
})

test('how much others may use is a share', () => {
  expect(readOptions(['--foreign-max', '0.5'])).toMatchObject({ effort: { foreignMax: 0.5 } })
  for (const wrong of ['10%', '2', '-1']) expect(() => readOptions([`--foreign-max=${wrong}`])).toThrow('a share')
})

test('what it does not know it does not ignore', () => {
  expect(() => readOptions(['--fast'])).toThrow('--fast')
  expect(() => readOptions(['sso'])).toThrow('sso')
})

test('every option is explained', () => {
  expect(readOptions(['--help'])).toBe('help')
  for (const option of ['--quick', '--only', '--foreign-max', '--json']) expect(USAGE).toContain(option)
})
