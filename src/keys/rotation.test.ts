import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { DAY_SECONDS, keyWorld } from '../../test/support/key-world.ts'
import { sampleKey } from '../../test/support/sample-key.ts'
import type { Config } from '../config.ts'
import {
  ANNOUNCED_SECONDS,
  announceKey,
  COOKIE_KEY_KEPT_SECONDS,
  keyRotation,
  openKeyrings,
  replaceKey,
  SIGNING_KEY_KEPT_SECONDS,
  stateAt,
} from './keys.ts'
import { activeAtOnce } from './life-cycle.ts'

const operator = 'operator:wang'
const cookies = { purpose: 'cookies', actor: operator } as const
const goOn = { mayGoOn: async () => true }

function world(config: Partial<Config> = {}) {
  const empty = keyWorld(config)
  const rotate = (needs = empty.needs) => keyRotation(needs).run(goOn)
  const states = async (purpose = 'cookies') => {
    const keys = (await empty.needs.keys.list()).filter((key) => key.purpose === purpose)
    return keys.map((key) => stateAt(key, empty.needs.clock()))
  }
  return { ...empty, rotate, states }
}

async function started(config: Partial<Config> = {}) {
  const opened = world(config)
  await openKeyrings(opened.needs)
  return opened
}

describe('an operator announces a key', () => {
  test('that is used after everybody has learned of it, and the one before is kept', async () => {
    const { needs, pass, states, events } = await started()
    const { key, isNew } = await announceKey(needs, { purpose: 'ES256', actor: operator })
    expect(isNew).toBe(true)
    expect(await states('ES256')).toEqual(['active', 'announced'])
    pass(ANNOUNCED_SECONDS - 1)
    expect(await states('ES256')).toEqual(['active', 'announced'])
    pass(1)
    expect(await states('ES256')).toEqual(['retiring', 'active'])
    pass(SIGNING_KEY_KEPT_SECONDS)
    expect(await states('ES256')).toEqual(['retired', 'active'])
    expect(await states('RS256')).toEqual(['active'])
    expect(events).toEqual([
      expect.objectContaining({ event: 'key.announced', actor: operator, subject: `key:${key.id}` }),
    ])
  })

  test('once, however often they ask, also at the same moment', async () => {
    const { needs, states, events } = await started()
    const asked = await Promise.all([1, 2, 3].map(() => announceKey(needs, cookies)))
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1)
    const again = await announceKey(needs, cookies)
    expect(again.isNew).toBe(false)
    expect(new Set([...asked, again].map(({ key }) => key.id)).size).toBe(1)
    expect(await states()).toEqual(['active', 'announced'])
    expect(events).toHaveLength(1)
  })

  test('only where there is one already', async () => {
    await expect(announceKey(keyWorld().needs, cookies)).rejects.toThrow('There is no key for cookies yet')
  })
})

describe('keys that somebody else may know', () => {
  test('go at once, the announced one too, and a new one is in use', async () => {
    const { needs, states, events } = await started()
    await announceKey(needs, cookies)
    const key = await replaceKey(needs, cookies)
    expect(await states()).toEqual(['active'])
    expect((await needs.keys.list()).find(({ purpose }) => purpose === 'cookies')?.id).toBe(key.id)
    expect(events.map(({ event }) => event)).toEqual([
      'key.announced',
      'key.withdrawn',
      'key.withdrawn',
      'key.replaced',
    ])
    expect(await states('ES256')).toEqual(['active'])
  })
})

describe('the scheduled rotation', () => {
  test('announces each key in time, and takes away what has retired', async () => {
    const { needs, pass, rotate, states, events } = await started({ keyRotationDays: 30, cookieKeyRotationDays: 100 })
    await rotate()
    expect(events).toEqual([])
    pass(30 * DAY_SECONDS - ANNOUNCED_SECONDS)
    await rotate()
    await rotate()
    expect([await states('ES256'), await states('RS256'), await states()]).toEqual([
      ['active', 'announced'],
      ['active', 'announced'],
      ['active'],
    ])
    pass(ANNOUNCED_SECONDS + SIGNING_KEY_KEPT_SECONDS)
    await rotate()
    expect(await states('ES256')).toEqual(['active', 'announced'])
    expect(events.filter(({ event }) => event === 'key.removed')).toHaveLength(2)
    expect((await needs.keys.list()).some(({ purpose }) => purpose === 'fingerprints')).toBe(true)
  })

  test('does nothing where operators say when', async () => {
    const { pass, rotate, events } = await started({ keyRotationDays: 0, cookieKeyRotationDays: 0 })
    pass(1_000 * DAY_SECONDS)
    await rotate()
    expect(events).toEqual([])
  })

  test('stops where the lease is lost', async () => {
    const { needs, pass, events } = await started({ keyRotationDays: 30 })
    pass(30 * DAY_SECONDS)
    await keyRotation(needs).run({ mayGoOn: async () => false })
    expect(events).toEqual([])
  })

  /** What may happen, to processes whose clocks are up to a minute apart. */
  const happenings = fc.array(
    fc.record({
      pass: fc.integer({ min: 0, max: 40 * DAY_SECONDS }),
      skew: fc.integer({ min: -30, max: 30 }),
      what: fc.constantFrom('rotate', 'rotate twice', 'announce', 'nothing'),
    }),
    { maxLength: 25 },
  )

  test('leaves one key in use at every moment, known for long enough before and after', async () => {
    await fc.assert(
      fc.asyncProperty(happenings, fc.integer({ min: 1, max: 90 }), async (acts, days) => {
        const { needs, ahead, pass, pick, rotate } = world({ keyRotationDays: 0, cookieKeyRotationDays: days })
        await needs.keys.addFirst([sampleKey('first', 'cookies', activeAtOnce(needs.clock()))])
        const seen = new Map<string, Date>()
        for (const { pass: seconds, skew, what } of acts) {
          pass(seconds)
          const process = ahead(skew)
          if (what === 'announce') await announceKey(process, cookies)
          if (what === 'rotate') await rotate(process)
          if (what === 'rotate twice') await Promise.all([rotate(process), rotate()])
          const line = (await needs.keys.list()).filter(({ purpose }) => purpose === 'cookies')
          expect(line.filter((key) => stateAt(key, needs.clock()) === 'active').length).toBe(1)
          for (const [index, key] of line.entries()) {
            const next = line[index + 1]
            if (index > 0) expect(secondsBetween(key.announcedAt, key.activeFrom)).toBe(ANNOUNCED_SECONDS)
            expect(key.retiringFrom).toEqual(next?.activeFrom ?? null)
            if (key.retiringFrom && key.retiredFrom) {
              expect(secondsBetween(key.retiringFrom, key.retiredFrom)).toBe(COOKIE_KEY_KEPT_SECONDS)
              seen.set(key.id, key.retiredFrom)
            }
          }
          for (const [id, retiredFrom] of seen) {
            if (retiredFrom.getTime() > needs.clock().getTime() + 60_000) expect(await pick(id)).toBeDefined()
          }
        }
      }),
      { numRuns: 60 },
    )
  })
})

const secondsBetween = (one: Date, other: Date) => (other.getTime() - one.getTime()) / 1_000
