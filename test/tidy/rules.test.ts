/** Each rule is broken here, so that it is seen to complain; and kept, so that it is seen to let good code pass. */
import { expect, test } from '@jest/globals'
import { rules } from './rules.ts'
import { samples } from './samples.ts'

const titleOf = (files: object) => JSON.stringify(files).slice(0, 100)

const cases = Object.entries(samples).flatMap(([name, { broken, kept }]) => [
  ...broken.map(([files, complaint]) => ({ title: `${name} complains: ${titleOf(files)}`, name, files, complaint })),
  ...kept.map((files) => ({ title: `${name} is content: ${titleOf(files)}`, name, files, complaint: null })),
])

test.each(cases)('$title', ({ name, files, complaint }) => {
  const rule = Object.entries(rules).find(([known]) => known === name)?.[1]
  const complaints = rule?.complaints(new Map(Object.entries(files)))
  expect(complaints).toEqual(complaint === null ? [] : [expect.stringContaining(complaint)])
})
