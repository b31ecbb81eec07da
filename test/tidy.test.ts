/** The rules of ARCHITECTURE.md, checked. Each complaint says where, what, and what to do instead. */

import { resolve } from 'node:path'
import { expect, test } from '@jest/globals'
import { readHouse } from './tidy/house.ts'
import { rules } from './tidy/rules.ts'

const house = readHouse(resolve(import.meta.dirname, '..'))

test.each(Object.values(rules))('$says', (rule) => {
  expect(rule.complaints(house)).toEqual([])
})
