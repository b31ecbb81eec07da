const common = {
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  testEnvironment: 'node',
  transform: {
    '\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'preact' } },
        },
      },
    ],
  },
}

/** Four projects, from the quick ones that every save runs to the ones that need a browser. */
/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...common,
      displayName: 'quick',
      roots: ['<rootDir>/src', '<rootDir>/interactions', '<rootDir>/adapters', '<rootDir>/test'],
      testPathIgnorePatterns: ['/test/races/', '/test/faults/', '/test/e2e/'],
      globalSetup: '<rootDir>/test/support/start-services.ts',
      globalTeardown: '<rootDir>/test/support/stop-services.ts',
    },
    ...[
      ['races', 'races'],
      ['faults', 'faults'],
      ['browser', 'e2e'],
    ].map(([displayName, folder]) => ({
      ...common,
      displayName,
      roots: [`<rootDir>/test/${folder}`],
      globalSetup: '<rootDir>/test/support/start-services.ts',
      globalTeardown: '<rootDir>/test/support/stop-services.ts',
    })),
  ],
}
