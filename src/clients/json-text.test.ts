import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findSyntaxMistake } from './json-text.ts'

test.each([
  ['{"clients": [],}', 1, 16, 'a name in double quotes'],
  ['{\n  "clients": [\n    {"client_id": portal}\n  ]\n}', 3, 19, 'a JSON value'],
  ['{"clients": [1 2]}', 1, 16, '"," or "]"'],
  ['{"clients" []}', 1, 12, '":"'],
  ['{"clients": []', 1, 15, '"," or "}"'],
  ['{"clients": []}\n}', 2, 1, 'nothing after'],
  ["{'clients': []}", 1, 2, 'a name in double quotes'],
  ['{"a": "b\nc"}', 1, 7, 'a string that ends on its line'],
  ['{"a": "\\x"}', 1, 7, 'a string that ends on its line'],
  ['{"a": 01}', 1, 7, 'a JSON value'],
  ['// hello\n{}', 1, 1, 'a JSON value'],
  ['', 1, 1, 'a JSON value'],
])('of %j says line %d, column %d: %s', (text, line, column, allowed) => {
  expect(findSyntaxMistake(text)).toEqual({ line, column, allowed: expect.stringContaining(allowed) })
})

test('a key that stands twice is a mistake where it stands again', () => {
  expect(findSyntaxMistake('{"a": 1,\n "a": 2}')).toMatchObject({ line: 2, column: 2 })
  expect(findSyntaxMistake('{"a": {"b": 1}, "b": [{"b": 2}]}')).toBeNull()
})

test('depth is bounded', () => {
  expect(findSyntaxMistake('['.repeat(100_000))).toMatchObject({ allowed: expect.stringContaining('levels') })
})

test('every JSON text is found to be one, and what the platform refuses is refused', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      expect(findSyntaxMistake(text)).toBeNull()
    }),
  )
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.string({ maxLength: 2 }), (text, place, piece) => {
      const index = place % text.length
      const broken = text.slice(0, index) + piece + text.slice(index + 1)
      if (findSyntaxMistake(broken) === null) JSON.parse(broken)
    }),
    { numRuns: 1_000 },
  )
})
