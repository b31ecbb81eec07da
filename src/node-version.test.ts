import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { nodeTooOld } from './node-version.ts'

test.each(['24.0.0', '24.21.0', '26.0.0'])('Node.js %s is new enough', (version) => {
  expect(nodeTooOld(version)).toBeNull()
})

test.each(['20.20.2', '23.11.1', '9.0.0'])(
  'Node.js %s is answered in a sentence that names what is needed',
  (version) => {
    expect(nodeTooOld(version)).toMatch(`needs Node.js 24 or newer, and this is ${version}: `)
  },
)

test('the program says so before it loads anything that an old Node does not know', () => {
  const folder = mkdtempSync(join(tmpdir(), 'campus-id-node-'))
  try {
    const compiled = (name: string) =>
      stripTypeScriptTypes(readFileSync(join(import.meta.dirname, name), 'utf8')).replace(/\.ts'/g, ".js'")
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'node-version.js'), compiled('node-version.ts'))
    writeFileSync(join(folder, 'command-line.js'), `import 'node:a-module-of-the-future'`)
    const posing = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' })\n`
    writeFileSync(join(folder, 'posing.js'), posing)
    writeFileSync(join(folder, 'cli.js'), compiled('cli.ts'))
    const { status, stderr } = spawnSync(process.execPath, [
      '--import',
      join(folder, 'posing.js'),
      join(folder, 'cli.js'),
    ])
    expect({ status, stderr: String(stderr) }).toEqual({ status: 2, stderr: `${nodeTooOld('20.20.2')}\n` })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
