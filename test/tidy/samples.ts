import type { rules } from './rules.ts'
import { importing, type Samples, samplesOfImports } from './samples-of-imports.ts'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `export const c${index} = 1`).join('\n')
const source = (text: string) => ({ 'src/audit/audit.ts': text })
const lock = (entry: object) => ({
  '.npmrc': 'ignore-scripts=true',
  'package-lock.json': JSON.stringify({ packages: { 'node_modules/some': { integrity: 'sha512-x', ...entry } } }),
})

/** The type asks for samples of every rule. */
export const samples: Readonly<Record<keyof typeof rules, Samples>> = {
  ...samplesOfImports,
  noDeadFiles: {
    broken: [
      [{ 'src/main.ts': '', 'src/audit/old.ts': '' }, 'src/audit/old.ts: nothing that runs leads here'],
      [{ 'src/main.ts': '', 'src/pages/old.css': '' }, 'src/pages/old.css'],
      [{ 'src/main.ts': '', 'src/a/a.ts': '', ...importing('src/a/a.test.ts', './a.ts') }, 'src/a/a.ts'],
    ],
    kept: [
      { 'src/main.ts': `import './a/a.ts'`, ...importing('src/a/a.ts', './part.ts'), 'src/a/part.ts': '' },
      { 'src/main.ts': `new URL('./worker.ts', import.meta.url)`, 'src/worker.ts': '' },
      { 'src/main.ts': `start('worker')`, 'src/worker.ts': '' },
      {
        'src/cli.ts': `import './pages/assets.ts'`,
        'src/pages/assets.ts': `read('style.css')`,
        'src/pages/style.css': '',
      },
    ],
  },
  doors: {
    broken: [
      [{ 'src/audit/trail.ts': '' }, 'src/audit: its door is missing: src/audit/audit.ts'],
      [{ 'interactions/password/form.tsx': '' }, 'its door is missing'],
      [{ 'src/audit/audit.ts': `import type { A } from './a.ts'` }, 'says what audit is for'],
    ],
    kept: [
      { 'src/audit/audit.ts': '/** Who did what to whom. */', 'src/audit/trail.ts': '' },
      { 'interactions/consent/consent.tsx': `import { it } from './it.ts'\n\n/** Asks. */` },
      { 'src/http/cookies.ts': '', 'src/app.ts': '', 'adapters/postgres/pool.ts': '' },
    ],
  },
  names: {
    broken: [
      [{ 'src/audit/auditTrail.ts': '' }, 'auditTrail: write it in kebab-case'],
      [{ 'src/audit/utils.ts': '' }, 'utils: name it after what it does'],
      [{ 'src/services/audit.ts': '' }, 'services: name it'],
      [{ 'src/audit/index.ts': '' }, 'index: name it'],
      [{ 'test/support/helpers.ts': '' }, 'helpers: name it'],
    ],
    kept: [{ 'src/audit/trail.test.ts': '', 'test/contracts/expiring.contract.ts': '', 'docs/README.md': '' }],
  },
  budgets: {
    broken: [
      [{ 'src/audit/audit.ts': lines(251) }, '251 lines'],
      [{ 'src/audit/audit.ts': `// ${'x'.repeat(118)}` }, 'src/audit/audit.ts:1: 121 columns'],
      [{ 'src/audit/audit.ts': `export function long() {\n${'\n'.repeat(69)}}` }, 'long has 71 lines'],
      [{ 'src/audit/audit.ts': `export const long = () => {\n${'\n'.repeat(69)}}` }, 'long has 71 lines'],
    ],
    kept: [
      { 'src/audit/audit.ts': `${lines(250)}\n` },
      { 'src/audit/audit.ts': `// ${'字'.repeat(117)}` },
      { 'src/audit/audit.ts': `export function long() {\n${'\n'.repeat(68)}}` },
      { 'src/audit/audit.test.ts': `describe('long', () => {\n${'\n'.repeat(90)}})` },
      { 'src/pages/messages-en.ts': lines(400) },
    ],
  },
  noBannedSyntax: {
    broken: [
      [source(`const { PORT } = process.env`), 'src/config.ts alone'],
      [source('export const at = () => Date.now()'), 'take `clock`'],
      [source('export const at = () => new Date()'), 'take `clock`'],
      [source('export const chance = () => Math.random()'), 'take `random`'],
      [source(`import { randomUUID } from 'node:crypto'`), 'take `random`'],
      [source(`import { randomBytes as bytes } from 'node:crypto'`), 'take `random`'],
      [source(`console.log('here')`), 'take `log`'],
      [source('export default 1'), 'export by name'],
      [source('export default function audit() {}'), 'export by name'],
      [source(`export * from './trail.ts'`), 'name what the door shows'],
      [source('let count = 0'), 'composition root'],
      [source('export let count = 0'), 'composition root'],
      [source('const seen = new Map<string, string>()'), 'composition root'],
      [source('export const seen: string[] = []'), 'composition root'],
      [source('export class Audit {}'), 'write a function'],
      [source('export class Audit extends Trail {}'), 'write a function'],
      [source('export const parse = (text: any) => text'), '`unknown`'],
      [source('export const first = (list: string[]) => list[0]!'), 'handle the null'],
      [source('export const it = (value: string) => value as unknown as number'), 'parse it'],
    ],
    kept: [
      { 'src/config.ts': 'export const read = () => process.env' },
      { 'src/main.ts': `import { randomUUID } from 'node:crypto'\nexport const clock = () => new Date()` },
      source('export const at = (text: string) => new Date(text)'),
      source(`import { createHash } from 'node:crypto'`),
      source(`const KINDS = new Set(['one', 'two'])\nconst NAMES = ['one']`),
      source('export function audit() {\n  let count = 0\n  const seen = new Map()\n  return { count, seen }\n}'),
      source(
        'class TooMany extends Error {}\nclass Late extends Refusal {}\nclass Gone extends errors.InvalidGrant {}',
      ),
      source(`export const warning = 'never console.log, process.env or new Date()' // nor Date.now()`),
      { 'src/audit/audit.test.ts': 'const at = Date.now()' },
    ],
  },
  nothingSilenced: {
    broken: [
      [source(`// ${'TO' + 'DO'}: later`), 'src/audit/audit.ts:1: do it now'],
      [{ 'migrations/0001-first.sql': `\n-- ${'FIX' + 'ME'}` }, 'migrations/0001-first.sql:2: do it now'],
      [source(`// ${'biome'}-ignore lint: because`), 'mend what the check found'],
      [{ 'test/a.test.ts': `// @ts-${'expect-error'}` }, 'mend what the check found'],
    ],
    kept: [source('// what remains to be done'), { 'docs/style.md': 'No TO' + 'DO on main.' }],
  },
  testsAreHonest: {
    broken: [
      [{ 'test/a.test.ts': `jest.mock('./a.ts')` }, 'hand in a fake'],
      [{ 'test/a.test.ts': `jest.unstable_mockModule('./a.ts', () => ({}))` }, 'hand in a fake'],
      [{ 'test/a.test.ts': `test.skip('later', () => {})` }, 'run every test'],
      [{ 'test/a.test.ts': `describe.only('now', () => {})` }, 'run every test'],
      [{ 'test/a.test.ts': `import { setTimeout as sleep } from 'node:timers/promises'` }, 'await `until`'],
    ],
    kept: [
      { 'test/a.test.ts': `test.each([1])('%s', () => {})` },
      { 'test/a.test.ts': `import { setImmediate as turn } from 'node:timers/promises'` },
    ],
  },
  packages: {
    broken: [
      [{ '.npmrc': 'ignore-scripts=true', 'package.json': '{ "dependencies": { "a": "^1.0.0" } }' }, 'pin one version'],
      [{ '.npmrc': '' }, 'ignore-scripts=true has to stay'],
      [lock({ resolved: 'https://example.org/some.tgz' }), 'names a host'],
      [lock({ integrity: undefined }), 'has no integrity'],
      [lock({ optionalDependencies: { 'some-darwin-x64': '1.0.0' } }), 'some-darwin-x64 is missing, so npm ci refuses'],
      [lock({ hasInstallScript: true }), 'has an install script'],
    ],
    kept: [{ '.npmrc': 'ignore-scripts=true', 'package.json': '{ "dependencies": { "a": "1.0.0-rc.1" } }' }, lock({})],
  },
  migrations: {
    broken: [
      [{ 'migrations/0001-a.sql': '', 'migrations/0003-c.sql': '' }, 'expected 0002-'],
      [{ 'migrations/0001-a.sql': '', 'migrations/0001-b.sql': '' }, 'expected 0002-'],
      [{ 'migrations/1-a.sql': '' }, 'expected 0001-'],
      [{ 'migrations/0001-a.sql': 'BEGIN;\nSELECT 1;' }, 'runs in one transaction already'],
    ],
    kept: [
      {
        'migrations/0001-a.sql': 'CREATE FUNCTION f() AS $$\nBEGIN\n  RETURN;\nEND $$;',
        'migrations/0002-b-c.sql': '',
      },
    ],
  },
  noMachine: {
    broken: [
      [{ 'docs/README.md': 'see /' + 'work/main' }, 'docs/README.md:1: a path of one machine'],
      [{ 'scripts/a.ts': `'/` + `home/li/campus'` }, 'a path of one machine'],
      [{ Dockerfile: 'RUN npm ci --registry https://registry.' + 'example.org' }, 'whoever installs chooses'],
      [{ 'src/log.ts': `'/` + `tmp/log'` }, 'tmpdir()'],
    ],
    kept: [
      { 'docs/README.md': 'https://id.example.edu/home/ and ./home/li', 'docs/operations/backup.md': '/tmp/dump' },
    ],
  },
}
