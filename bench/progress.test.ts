import { expect, test } from '@jest/globals'
import { showProgress } from './progress.ts'

function watched(isTTY: boolean) {
  let now = 0
  let said = ''
  const write = (text: string) => {
    said += text
  }
  const stream = { write, isTTY, columns: 60 }
  const progress = showProgress(stream, { operations: 3, now: () => now })
  const pass = (seconds: number) => {
    now += seconds * 1000
  }
  return { progress, pass, said: () => said }
}

test('a log gets a line for each operation, with the time that is left', () => {
  const { progress, pass, said } = watched(false)
  progress.operation('userinfo')
  progress.step('pair 1 of 5')
  pass(60)
  progress.operation('SSO')
  pass(10)
  progress.operation('JWKS')
  progress.end()
  expect(said()).toBe('[1/3] userinfo\n[2/3] SSO, about 2 min left\n[3/3] JWKS, about 35 s left\n')
})

test('a terminal shows one line, which changes and is gone at the end', () => {
  const { progress, said } = watched(true)
  progress.operation('userinfo')
  progress.step('pair 1 of 5')
  progress.end()
  expect(said().split('\r\u001b[K')).toEqual(['', '[1/3] userinfo', '[1/3] userinfo: pair 1 of 5', ''])
})
