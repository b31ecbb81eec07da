import { expect, test } from '@jest/globals'
import { completeLockfile, missingFromLockfile } from './lockfile.ts'

const here = { version: '2.0.0', integrity: 'sha512-x' }
const lockfile = (optionalDependencies: Record<string, string>) => ({
  lockfileVersion: 3,
  packages: {
    '': {},
    'node_modules/tool': { version: '2.0.0', dev: true, optionalDependencies },
    'node_modules/@tool/linux-x64-gnu': here,
  },
})
const complete = (optionalDependencies: Record<string, string>) =>
  JSON.parse(completeLockfile(JSON.stringify(lockfile(optionalDependencies))))

test('a platform that the registry lacked gets an entry that names it', () => {
  const { packages, lockfileVersion } = complete({
    '@tool/linux-x64-gnu': '2.0.0',
    '@tool/linux-x64-musl': '2.0.0',
    '@tool/cli-darwin-arm64': '2.0.0',
  })
  expect(lockfileVersion).toBe(3)
  const platform = { version: '2.0.0', dev: true, optional: true }
  expect(packages['node_modules/@tool/cli-darwin-arm64']).toEqual({ ...platform, os: ['darwin'], cpu: ['arm64'] })
  expect(packages['node_modules/@tool/linux-x64-musl']).toEqual({
    ...platform,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['musl'],
  })
  expect(packages['node_modules/@tool/linux-x64-gnu']).toEqual(here)
  expect(missingFromLockfile({ packages })).toEqual([])
})

test.each([
  [{ '@tool/anything': '2.0.0' }, 'which platform'],
  [{ '@tool/darwin-x64': '^2.0.0' }, 'no exact version'],
])('what cannot be told is refused: %j', (wanted, complaint) => {
  expect(() => complete(wanted)).toThrow(complaint)
})
