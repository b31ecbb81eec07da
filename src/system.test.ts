import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { systemRandomness } from './system.ts'

test('no token comes twice, whatever their lengths, and each is as long as was asked for', () => {
  const seen = new Set<string>()
  for (let round = 0; round < 2_000; round += 1) {
    for (const bytes of [9, 12, 24, 32]) {
      const token = systemRandomness.token(bytes)
      expect(Buffer.from(token, 'base64url')).toHaveLength(bytes)
      // Not even a part of one that was given out: whatever is left of the last draw is not used again.
      seen.add(token.slice(0, 12))
    }
  }
  expect(seen.size).toBe(8_000)
  expect(Buffer.from(systemRandomness.token(10_000), 'base64url')).toHaveLength(10_000)
})

test.each(['process.exit(0)', 'throw new Error("a bug")'])('lines that wait are written at the end: %s', (end) => {
  const program = `
    import { createLog, gatheredOutput } from '${import.meta.dirname}/log.ts'
    const log = createLog({ logLevel: 'info' }, gatheredOutput(process))
    for (let line = 0; line < 3; line += 1) log.info({ line }, 'request')
    ${end}`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).line)
  expect(lines).toEqual([0, 1, 2])
})
