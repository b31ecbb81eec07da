import { leftOutTests } from './test/machine/left-out-tests.ts'

const leftOut = leftOutTests(import.meta.dirname).map((path) => `/${RegExp.escape(path)}$`)

const compile = ({ tsx }) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2024',
      parser: { syntax: 'typescript', tsx },
      transform: { react: { runtime: 'automatic', importSource: 'preact' } },
    },
  },
]

/** What all projects have in common: TypeScript through SWC as ES modules, and the servers that tests may ask for. */
const project = {
  rootDir: import.meta.dirname,
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  testEnvironment: 'node',
  transform: { '\\.ts$': compile({ tsx: false }), '\\.tsx$': compile({ tsx: true }) },
  globalSetup: '<rootDir>/test/support/start-services.ts',
  globalTeardown: '<rootDir>/test/support/stop-services.ts',
}

/** Six projects, from the quick ones that every save runs to the ones that need a browser. */
/** @type {import('jest').Config} */
export default {
  // Room for a busy machine: no test waits by the clock. (Jest reads this here alone, and not from a project.)
  testTimeout: 120_000,
  // Jest would leave a core to the watcher; an ES module that was loaded stays, so a worker starts anew now and then.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '1GB',
  reporters: ['default', '<rootDir>/test/machine/tally.ts'],
  projects: [
    {
      ...project,
      displayName: 'quick',
      roots: ['src', 'interactions', 'adapters', 'scripts', 'bench', 'test'].map((folder) => `<rootDir>/${folder}`),
      testPathIgnorePatterns: ['/test/(races|faults|installation|interoperability|e2e)/', ...leftOut],
    },
    ...Object.entries({
      races: 'races',
      faults: 'faults',
      installation: 'installation',
      interoperability: 'interoperability',
      browser: 'e2e',
    }).map(([displayName, folder]) => ({
      ...project,
      displayName,
      roots: ['<rootDir>/test'],
      testMatch: [`<rootDir>/test/${folder}/**/*.test.ts`],
      testPathIgnorePatterns: leftOut,
    })),
  ],
}
