import { expect, test } from '@jest/globals'
import { readTraceparent } from './tracing.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

test('says which trace and which span a request belongs to, and whether it is kept', () => {
  expect(readTraceparent(`00-${traceId}-${spanId}-01`)).toEqual({ traceId, spanId, sampled: true })
  expect(readTraceparent(`00-${traceId}-${spanId}-00`)).toEqual({ traceId, spanId, sampled: false })
  // Other flags are no business of ours.
  expect(readTraceparent(`00-${traceId}-${spanId}-fe`)).toMatchObject({ sampled: false })
})

test.each([
  ['nothing', ''],
  ['another version', `01-${traceId}-${spanId}-01`],
  ['the forbidden version', `ff-${traceId}-${spanId}-01`],
  ['no trace', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['no span', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['capital letters', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['one digit too few', `00-${traceId.slice(1)}-${spanId}-01`],
  ['more behind it', `00-${traceId}-${spanId}-01-more`],
  ['a line end', `00-${traceId}-${spanId}-01\n`],
  ['spaces around it', ` 00-${traceId}-${spanId}-01`],
])('reads nothing out of %s', (_what, header) => {
  expect(readTraceparent(header)).toBeNull()
})
