import { appendFileSync } from 'node:fs'

interface Results {
  numPassedTests: number
  numFailedTests: number
  /** Test files that could not even be loaded: no test of theirs could fail. */
  numRuntimeErrorTestSuites: number
}

/**
 * A reporter of Jest: where TEST_TALLY names a file, adds a line with the numbers of passed and failed tests to it. A
 * run of `npm test` is several runs of Jest, and `.ci/run` ends with their sum. Jest wants it to be the default export.
 */
export default function tally() {
  return {
    onRunComplete(_contexts: unknown, results: Results) {
      const file = process.env['TEST_TALLY']
      const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
      if (file) appendFileSync(file, `${results.numPassedTests} ${failed}\n`)
    },
  }
}
