import { expect, test } from '@jest/globals'
import { selectProjectsLast } from './jest-arguments.ts'

test.each([
  ['--selectProjects quick src/audit', 'src/audit --selectProjects quick'],
  ['--selectProjects quick races -t twice', '-t twice --selectProjects quick races'],
  ['--verbose src/audit --selectProjects quick', '--verbose src/audit --selectProjects quick'],
  ['src/audit', 'src/audit'],
])('%s is understood as %s', (typed, understood) => {
  expect(selectProjectsLast(typed.split(' '))).toEqual(understood.split(' '))
})
