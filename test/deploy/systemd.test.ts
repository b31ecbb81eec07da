/** The unit as written; where systemd is installed, by its own word too. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { SECRET_VARIABLES } from '../../src/config-variables.ts'
import { findProgram } from '../support/installed.ts'

const text = readFileSync('deploy/systemd/campus-id.service', 'utf8')
const settings = text
  .split('\n')
  .filter((line) => /^[A-Z]\w+=/.test(line))
  .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string])
const all = (name: string) => settings.filter(([its]) => its === name).map(([, value]) => value)

test('every secret is a credential that the server reads from its file', () => {
  const names = [...SECRET_VARIABLES, 'DATABASE_URL', 'REDIS_URL'].map((name) => name.toLowerCase())
  expect(all('LoadCredential').toSorted()).toEqual(names.map((it) => `${it}:/etc/campus-id/secrets/${it}`).toSorted())
  expect(all('Environment')).toEqual(
    expect.arrayContaining(names.map((name) => `${name.toUpperCase()}_FILE=%d/${name}`)),
  )
})

test('the server may do what it needs, and little else', () => {
  expect(Object.fromEntries(settings)).toMatchObject({
    DynamicUser: 'yes',
    ProtectSystem: 'strict',
    NoNewPrivileges: 'yes',
    CapabilityBoundingSet: '',
    PrivateTmp: 'yes',
  })
  // V8 writes the code that it runs.
  expect(all('MemoryDenyWriteExecute')).toEqual([])
  expect(Number(all('LimitNOFILE')[0])).toBeGreaterThan(10_000)
})

test('it is told to end and to roll by the signals that the server knows, and is given the time', () => {
  expect(all('ExecReload')).toEqual(['/bin/kill -HUP $MAINPID'])
  expect(Number(all('TimeoutStopSec')[0])).toBeGreaterThan(10)
  expect([all('KillMode'), all('Restart')]).toEqual([['mixed'], ['on-failure']])
})

test('systemd takes it, and finds little exposed', () => {
  const program = findProgram('systemd-analyze')
  if (program === null) return
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-unit-'))
  const unit = join(folder, 'campus-id.service')
  writeFileSync(unit, text.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`))
  const verified = spawnSync(program, ['verify', '--man=no', unit], { encoding: 'utf8' })
  const judged = spawnSync(program, ['security', '--offline=true', '--threshold=20', unit], { encoding: 'utf8' })
  rmSync(folder, { recursive: true })
  expect({ said: verified.stderr, status: verified.status }).toEqual({ said: '', status: 0 })
  expect({ said: judged.stderr, status: judged.status }).toEqual({ said: '', status: 0 })
})
