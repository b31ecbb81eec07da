import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createSecretReader } from './secret-sources.ts'
import { hashSecret, secretMistake } from './secrets.ts'

test('a hash names its algorithm, and is the same for the same secret', () => {
  expect(hashSecret('abc')).toBe('sha256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
})

describe('a secret', () => {
  test.each(['hex', 'base64', 'base64url'] as const)('that is random may be written in %s', (encoding) => {
    for (let times = 0; times < 200; times += 1) expect(secretMistake(randomBytes(24).toString(encoding))).toBeNull()
  })

  test.each([
    ['of 31 characters', 'q7Hs0fLkz2Vd81mXbT4yWc9NpRjEaGu', 'characters'],
    ['of 257 characters', randomBytes(200).toString('base64url').slice(0, 257), 'characters'],
    ['with a space', 'q7Hs0fLkz2Vd81mX bT4yWc9NpRjEaGuI', 'ASCII'],
    ['with a line end', 'q7Hs0fLkz2Vd81mXbT4yWc9NpRjEaGuI\n', 'ASCII'],
    ['with a Chinese character', 'q7Hs0fLkz2Vd81mXbT4yWc9NpRjEaGuI密', 'ASCII'],
    ['of one letter', 'a'.repeat(40), 'random'],
    ['that repeats a word', 'password'.repeat(5), 'random'],
    ['that repeats a phrase', 'Correct-Horse-9'.repeat(3), 'random'],
    ['that counts', 'abcdefghijklmnopqrstuvwxyz0123456789', 'random'],
    ['that is a sample', 'change-me-q7Hs0fLkz2Vd81mXbT4yWc9N', 'random'],
  ])('%s is refused', (_what, secret, hint) => {
    expect(secretMistake(secret)).toContain(hint)
    expect(secretMistake(secret)).not.toContain(secret)
  })
})

describe('references', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'campus-secrets-'))
    await writeFile(join(folder, 'portal.secret'), 'from a file\r\n')
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('lead to variables and to files, whose last line end is not part of the secret', async () => {
    const read = createSecretReader({ environment: { PORTAL: 'from a variable' }, folder })
    expect(await read({ env: 'PORTAL' })).toBe('from a variable')
    expect(await read({ file: 'portal.secret' })).toBe('from a file')
    expect(await read({ file: join(folder, 'portal.secret') })).toBe('from a file')
    expect(await read({ env: 'OTHER' })).toBeNull()
    expect(await read({ file: 'other.secret' })).toBeNull()
    await expect(read({ file: '.' })).rejects.toMatchObject({ code: 'EISDIR' })
  })
})
