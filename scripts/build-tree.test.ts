import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { buildTree, planOf } from './build-tree.ts'

const HERE = resolve(import.meta.dirname, '..')

let top: string

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'campus-id-build-'))
  symlinkSync(join(HERE, 'node_modules'), join(top, 'node_modules'))
  write('package.json', '{ "type": "module" }')
  write('package-lock.json', '{}')
  write('scripts/build-tree.ts', '')
  for (const settings of ['tsconfig.json', 'tsconfig.build.json'])
    write(settings, readFileSync(join(HERE, settings), 'utf8'))
  write('src/main.ts', `import { greeting } from './words/words.tsx'\nexport const said = greeting.toUpperCase()\n`)
  write('src/words/words.tsx', `export const greeting = 'hello'\n`)
  write('src/words/words.test.ts', `import './words.tsx'\n`)
  write('src/words/style.css', 'p { margin: 0 }')
  write('migrations/0001-first.sql', 'SELECT 1;')
})

afterEach(() => rmSync(top, { recursive: true }))

function write(path: string, text: string) {
  mkdirSync(dirname(join(top, path)), { recursive: true })
  writeFileSync(join(top, path), text)
}

const built = (path: string) => readFileSync(join(top, 'dist', path), 'utf8')
const isBuilt = (path: string) => existsSync(join(top, 'dist', path))

test('compiles what is TypeScript, copies what is not, and leaves tests behind', () => {
  expect(
    planOf(['src/a.ts', 'src/b.tsx', 'src/a.test.ts', 'src/page.js', 'src/types.d.ts', 'migrations/1.sql']),
  ).toEqual({
    compiled: ['src/a.js', 'src/a.js.map', 'src/b.js', 'src/b.js.map'],
    copied: ['src/page.js', 'migrations/1.sql'],
  })
})

describe('a build', () => {
  test('runs, and finds its files at the same relative places', async () => {
    expect(buildTree(top)).toBe('built')
    expect(built('src/main.js')).toContain(`from './words/words.js'`)
    expect(built('src/words/style.css')).toBe('p { margin: 0 }')
    expect(built('migrations/0001-first.sql')).toBe('SELECT 1;')
    expect(isBuilt('src/words/words.test.js')).toBe(false)
  })

  test('is done once, until something changes', () => {
    buildTree(top)
    expect(buildTree(top)).toBe('fresh')
    write('src/words/words.tsx', `export const greeting = 'good morning'\n`)
    expect(buildTree(top)).toBe('built')
    expect(built('src/words/words.js')).toContain('good morning')
    write('src/words/style.css', 'p { margin: 1em }')
    expect(buildTree(top)).toBe('built')
    expect(built('src/words/style.css')).toBe('p { margin: 1em }')
  })

  test('removes what was built from a source that is gone', () => {
    write('src/old.ts', 'export const old = 1\n')
    write('src/old.css', '')
    buildTree(top)
    expect([isBuilt('src/old.js'), isBuilt('src/old.css')]).toEqual([true, true])
    rmSync(join(top, 'src/old.ts'))
    rmSync(join(top, 'src/old.css'))
    buildTree(top)
    expect([isBuilt('src/old.js'), isBuilt('src/old.js.map'), isBuilt('src/old.css')]).toEqual([false, false, false])
  })

  test('writes again what somebody has removed', () => {
    buildTree(top)
    rmSync(join(top, 'dist/src'), { recursive: true })
    rmSync(join(top, 'dist/.stamp'))
    expect(buildTree(top)).toBe('built')
    expect(isBuilt('src/main.js')).toBe(true)
  })

  test('fails on a type error, and again until it is mended', () => {
    buildTree(top)
    write('src/main.ts', `export const said: number = 'hello'\n`)
    expect(buildTree(top)).toBe('failed')
    expect(buildTree(top)).toBe('failed')
    write('src/main.ts', 'export const said = 1\n')
    expect(buildTree(top)).toBe('built')
  })
})
