import { describe, expect, test } from '@jest/globals'
import { commandWorld } from '../../test/support/command-world.ts'

async function eventful() {
  const world = commandWorld()
  for (const event of ['a.first', 'a.second', 'a.third'])
    await world.audit.record({ event, result: 'success', actor: 'system' })
  return world
}

describe('audit tail', () => {
  test('shows what happened last, the newest at the end', async () => {
    const { type } = await eventful()
    expect((await type(['audit', 'tail', '-n', '2'])).out).toBe(
      [
        '2026-09-01T00:00:00.000Z  success  a.second  by system',
        '2026-09-01T00:00:00.000Z  success  a.third  by system',
        '',
      ].join('\n'),
    )
  })

  test('is a JSON object a line where a program reads', async () => {
    const { type } = await eventful()
    const lines = (await type(['audit', 'tail', '--json'])).out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'a.first', sequence: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/), previous: '0'.repeat(64) },
      { event: 'a.second', sequence: 2 },
      { event: 'a.third', sequence: 3 },
    ])
  })

  test('follows: shows each later row once, until the operator leaves', async () => {
    const { audit, type } = await eventful()
    const leaving = new AbortController()
    let pauses = 0
    const pause = async () => {
      pauses += 1
      if (pauses === 1) await audit.record({ event: 'a.fourth', result: 'success' })
      if (pauses === 3) await audit.record({ event: 'a.fifth', result: 'refused', reason: 'why' })
      if (pauses === 5) leaving.abort()
    }
    const { code, out } = await type(['audit', 'tail', '-f', '-n', '1'], { signal: leaving.signal, powers: { pause } })
    expect(code).toBe(0)
    expect(out.match(/a\.\w+/g)).toEqual(['a.third', 'a.fourth', 'a.fifth'])
    expect(out).toContain('refused  a.fifth  why')
  })
})

describe('audit tail --verify', () => {
  test('counts the rows that hold', async () => {
    const { type } = await eventful()
    expect(await type(['audit', 'tail', '--verify'])).toMatchObject({
      code: 0,
      out: '✓ 3 rows, each sealed by the next.\n',
    })
  })

  test('names the first row that was altered', async () => {
    const { type, auditLog } = await eventful()
    const second = auditLog.rows[1]
    if (second) auditLog.rows[1] = { ...second, result: 'refused' }
    const { code, out } = await type(['audit', 'tail', '--verify'])
    expect({ code, out }).toEqual({ code: 1, out: `✗ Row 2 of writer ${second?.writer} is altered.\n` })
    expect(JSON.parse((await type(['audit', 'tail', '--verify', '--json'])).out)).toMatchObject({
      ok: false,
      why: 'altered',
    })
  })

  test('names the row before which one is missing', async () => {
    const { type, auditLog } = await eventful()
    auditLog.rows.splice(1, 1)
    const { code, out } = await type(['audit', 'tail', '--verify'])
    expect(code).toBe(1)
    expect(out).toContain('Row 3 of writer')
  })
})
