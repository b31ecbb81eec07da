/** The secrets of a first start, as the script makes them. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { readConfig } from '../../src/config.ts'

const SCRIPT = resolve('deploy/make-secrets.sh')
const home = mkdtempSync(join(tmpdir(), 'campus-id-secrets-'))
const folder = join(home, 'etc/secrets')
afterEach(() => rmSync(home, { recursive: true, force: true }))

const make = () => spawnSync('sh', ['-c', 'umask 022 && exec "$0" "$1"', SCRIPT, folder], { encoding: 'utf8' })
const texts = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
const mode = (path: string) => statSync(path).mode & 0o777

test('they are a configuration that starts, nobody else may enter their folder, and they are made once', () => {
  expect(make()).toMatchObject({ status: 0, stderr: '' })
  const made = texts()
  const { postgres_password: _, 'redis.conf': __, ...variables } = made
  const files = Object.keys(variables).map((name) => [`${name.toUpperCase()}_FILE`, join(folder, name)])
  const environment = { ISSUER: 'https://id.example.edu', TRUSTED_PROXIES: '10.0.0.1', ...Object.fromEntries(files) }
  const { config } = readConfig(environment, {
    root: home,
    nodeVersion: '24.1.0',
    cores: 2,
    readFile: (path) => readFileSync(path, 'utf8'),
    generatedSecrets: () => ({}),
  })
  expect(config.profile).toBe('production')
  // Beside the folder lies what the server's own account has to read, such as the clients file.
  expect([mode(folder), mode(join(home, 'etc'))]).toEqual([0o700, 0o755])

  expect(make()).toMatchObject({ status: 0, stderr: '' })
  expect(texts()).toEqual(made)
})
