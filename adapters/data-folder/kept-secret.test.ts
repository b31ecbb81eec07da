import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { generatedSecrets, keptSecret, passingSecrets } from './kept-secret.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campus-id-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function counting() {
  let count = 0
  const token = (bytes: number) => {
    count += 1
    return `${bytes}-random-bytes-${count}`
  }
  return { token }
}

test('secrets are made once and kept', () => {
  const random = counting()
  const first = generatedSecrets(folder, ['COOKIE_KEYS', 'PASSWORD_PEPPER'], random)
  expect(first).toEqual({ COOKIE_KEYS: 'generated:32-random-bytes-1', PASSWORD_PEPPER: 'generated:32-random-bytes-2' })
  expect(generatedSecrets(folder, ['PASSWORD_PEPPER', 'COOKIE_KEYS'], random)).toEqual(first)
})

test('a secret that is asked for later joins the others', () => {
  const random = counting()
  generatedSecrets(folder, ['COOKIE_KEYS'], random)
  expect(generatedSecrets(folder, ['COOKIE_KEYS', 'DOCUMENT_HMAC_KEY'], random)).toEqual({
    COOKIE_KEYS: 'generated:32-random-bytes-1',
    DOCUMENT_HMAC_KEY: 'generated:32-random-bytes-2',
  })
})

test('the owner alone may read them', () => {
  generatedSecrets(folder, ['COOKIE_KEYS'], counting())
  expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
  expect(statSync(join(folder, 'secrets', 'COOKIE_KEYS')).mode & 0o777).toBe(0o600)
  expect(readdirSync(join(folder, 'secrets'))).toEqual(['COOKIE_KEYS'])
})

test('a folder that others may enter is closed', () => {
  mkdirSync(join(folder, 'secrets'))
  chmodSync(join(folder, 'secrets'), 0o755)
  generatedSecrets(folder, ['COOKIE_KEYS'], counting())
  expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700)
})

test('whoever comes second in a race answers what the first has made', () => {
  const path = join(folder, 'demo.secret')
  const slow = keptSecret(path, () => {
    writeFileSync(path, 'the first\n')
    return 'the second'
  })
  expect(slow).toBe('the first')
  expect(readdirSync(folder)).toEqual(['demo.secret'])
})

test('what cannot be read is an error, and is never replaced', () => {
  const path = join(folder, 'demo.secret')
  mkdirSync(path)
  expect(() => keptSecret(path, () => 'another')).toThrow(expect.objectContaining({ code: 'EISDIR' }))
})

test('whoever only looks makes nothing, and finds what is there', () => {
  const random = counting()
  expect(passingSecrets(folder, ['COOKIE_KEYS'], random)).toEqual({ COOKIE_KEYS: 'passing:32-random-bytes-1' })
  expect(readdirSync(folder)).toEqual([])
  const kept = generatedSecrets(folder, ['COOKIE_KEYS'], random)
  expect(passingSecrets(folder, ['COOKIE_KEYS'], random)).toEqual(kept)
})
