export type Files = Readonly<Record<string, string>>

export interface Samples {
  /** Each draws exactly one complaint, which contains these words. */
  broken: readonly [Files, complaint: string][]
  kept: readonly Files[]
}

export const importing = (from: string, to: string) => ({ [from]: `import { it } from '${to}'` })
const importingTypes = (from: string, to: string) => ({ [from]: `import type { It } from '${to}'` })

/** Of the rules in floor-plan.ts. */
export const samplesOfImports = {
  floorPlan: {
    broken: [
      [importing('src/audit/trail.ts', '../../adapters/postgres/pool.ts'), 'state a port'],
      [importing('src/audit/trail.ts', '../../interactions/password/password.tsx'), 'never the other way round'],
      [
        importing('src/audit/trail.ts', '../people/fold-login.ts'),
        'enter src/people by its door, src/people/people.ts',
      ],
      [importing('src/audit/trail.ts', '../config.ts'), 'take `config` from Campus'],
      [importing('src/audit/trail.ts', '../app.ts'), 'only the composition roots'],
      [importing('src/audit/trail.ts', '../main.ts'), 'imported by nobody'],
      [importing('src/audit/trail.ts', '../../test/support/until.ts'), 'runs without tests'],
      [importing('interactions/password/form.tsx', '../consent/consent.tsx'), 'src/oidc/policy.ts says what is next'],
      [importing('interactions/password/form.tsx', '../../adapters/redis/connect.ts'), 'state a port'],
      [importingTypes('interactions/password/form.tsx', '../../src/people/new-person.ts'), 'by its door'],
      [importing('interactions/interactions.ts', './password/form.tsx'), 'by its door'],
      [importing('adapters/postgres/people.ts', '../../src/people/people.ts'), '`import type`'],
      [importing('adapters/postgres/people.ts', '../redis/connect.ts'), 'do not know each other'],
      [importing('adapters/postgres/people.ts', '../../interactions/sign-in-method.ts'), 'never the other way round'],
      [{ 'src/audit/trail.ts': `const it = await import('../people/fold-login.ts')` }, 'by its door'],
      [{ 'src/audit/trail.ts': `export { it } from '../people/fold-login.ts'` }, 'by its door'],
      [{ 'src/audit/trail.ts': `import '../people/fold-login.ts'` }, 'by its door'],
      [{ 'src/audit/trail.ts': `type It = import('../people/fold-login.ts').It` }, 'by its door'],
      [{ 'adapters/hashing/pool.ts': `import { type A, b } from '../../src/keys/keys.ts'` }, '`import type`'],
    ],
    kept: [
      importing('src/audit/trail.ts', '../people/people.ts'),
      importing('src/audit/trail.ts', './chain.ts'),
      importing('src/audit/trail.ts', '../errors.ts'),
      importing('src/audit/trail.ts', '../http/cookies.ts'),
      importing('src/audit/trail.test.ts', '../../adapters/postgres/audit.ts'),
      importing('src/app.ts', './log.ts'),
      importing('src/main.ts', '../adapters/postgres/pool.ts'),
      importing('src/commands/doctor.ts', '../config-rules.ts'),
      importingTypes('src/audit/trail.ts', '../config.ts'),
      importing('interactions/interactions.ts', './password/password.tsx'),
      importing('interactions/password/password.tsx', '../sign-in-method.ts'),
      importing('interactions/password/password.tsx', '../../src/passwords/passwords.ts'),
      importingTypes('adapters/postgres/people.ts', '../../src/people/people.ts'),
      { 'adapters/hashing/pool.ts': `import { type A, type B } from '../../src/keys/keys.ts'` },
      { 'src/audit/trail.ts': `// import { it } from '../people/fold-login.ts'\nconst said = "from '../main.ts'"` },
    ],
  },
  driversInAdapters: {
    broken: [
      [importing('src/audit/trail.ts', 'pg'), 'behind a port'],
      [importingTypes('src/audit/trail.ts', 'ioredis'), 'behind a port'],
      [importing('interactions/password/password.tsx', '@electric-sql/pglite/live'), 'behind a port'],
      [importing('src/http/server.ts', 'oidc-provider'), 'ask src/oidc/oidc.ts'],
      [importing('adapters/redis/expiring.ts', 'oidc-provider/lib/errors.js'), 'ask src/oidc/oidc.ts'],
    ],
    kept: [
      importing('adapters/postgres/pool.ts', 'pg'),
      importing('src/oidc/policy.ts', 'oidc-provider'),
      importing('src/audit/trail.test.ts', 'pg'),
      importing('src/people/people.ts', 'pg-like-name'),
    ],
  },
  packagesOfTheProduct: {
    broken: [
      [
        { 'package.json': '{ "devDependencies": { "a": "1.0.0" } }', ...importing('src/app.ts', 'a') },
        '"dependencies"',
      ],
    ],
    kept: [
      { 'package.json': '{ "dependencies": { "a": "1.0.0" } }', ...importing('src/app.ts', 'a/part') },
      { 'package.json': '{}', ...importing('src/app.ts', 'node:fs') },
      { 'package.json': '{}', ...importing('src/app.test.ts', 'anything') },
    ],
  },
  noCircles: {
    broken: [
      [
        { ...importing('src/b/b.ts', '../a/a.ts'), ...importingTypes('src/a/a.ts', '../b/b.ts') },
        'src/a → src/b → src/a: move',
      ],
      [
        {
          ...importing('src/a/a.ts', '../http/room.ts'),
          ...importing('src/http/room.ts', '../c/c.ts'),
          ...importing('src/c/c.ts', '../a/a.ts'),
        },
        'src/a → src/http → src/c → src/a',
      ],
    ],
    kept: [
      { ...importing('src/a/a.ts', './part.ts'), ...importing('src/a/part.ts', './a.ts') },
      { ...importing('src/a/a.ts', '../http/room.ts'), ...importingTypes('src/http/room.ts', '../a/a.ts') },
      { ...importingTypes('src/a/a.ts', '../campus.ts'), ...importingTypes('src/campus.ts', './a/a.ts') },
    ],
  },
} satisfies Record<string, Samples>
