import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ensurePrivateFolder, FOLDER_UNUSABLE } from './private-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campus-id-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const mode = (path: string) => statSync(path).mode & 0o777
const unusable = (path: string, code: string) =>
  expect.objectContaining({
    code: FOLDER_UNUSABLE,
    message: expect.stringMatching(`^The folder ${path} cannot be .* \\(${code}\\): set DATA_DIR`),
  })

test('a folder is made with all that leads to it, for its owner alone', () => {
  ensurePrivateFolder(join(folder, 'data', 'run'))
  expect([mode(join(folder, 'data')), mode(join(folder, 'data', 'run'))]).toEqual([0o700, 0o700])
})

test('one that others may enter is closed', () => {
  mkdirSync(join(folder, 'run'))
  chmodSync(join(folder, 'run'), 0o755)
  ensurePrivateFolder(join(folder, 'run'))
  expect(mode(join(folder, 'run'))).toBe(0o700)
})

test('a DATA_DIR that is a file is answered with what to do', () => {
  writeFileSync(join(folder, 'data'), '')
  const path = join(folder, 'data', 'run')
  expect(() => ensurePrivateFolder(path)).toThrow(unusable(path, 'ENOTDIR'))
})

test('a place where nothing can be made is answered, and not tried for ever', () => {
  const path = '/proc/campus-id/run'
  expect(() => ensurePrivateFolder(path)).toThrow(unusable(path, '(ENOENT|EACCES|EPERM|EROFS)'))
})
