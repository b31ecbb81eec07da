import { expect, test } from '@jest/globals'
import { translator } from './messages.ts'
import { waitingTime } from './waiting-time.ts'

test.each([
  [1, '1 second', '1秒钟'],
  [59, '59 seconds', '59秒钟'],
  [60, '1 minute', '1分钟'],
  [61, '2 minutes', '2分钟'],
  [900, '15 minutes', '15分钟'],
  [3601, '2 hours', '2小时'],
  [0, '1 second', '1秒钟'],
])('%d seconds are %s', (seconds, english, chinese) => {
  expect(waitingTime(translator('en'), seconds)).toBe(english)
  expect(waitingTime(translator('zh-CN'), seconds)).toBe(chinese)
})
