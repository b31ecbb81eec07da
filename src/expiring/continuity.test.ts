import { beforeEach, describe, expect, test } from '@jest/globals'
import { memoryExpiring } from '../../test/support/memory-expiring.ts'
import { type Continuity, createContinuity } from './continuity.ts'

const AWAY = { unavailable: 'redis' }
const silent = { warn: () => undefined }

let memory: ReturnType<typeof memoryExpiring>
let noted: Map<string, number>
let ends: number
/** What the timer was asked to do, and is done when the test says so. */
let due: (() => void)[]

beforeEach(() => {
  memory = memoryExpiring(() => new Date())
  noted = new Map()
  ends = 0
  due = []
})

function open(names = ['a']): Continuity {
  let tokens = 0
  return createContinuity({
    store: memory.expiring,
    marks: {
      noted: async () => new Map(noted),
      note: async (marks) => {
        for (const [name, mark] of marks) noted.set(name, Math.max(mark, noted.get(name) ?? 0))
      },
    },
    names,
    endEverything: async () => void ends++,
    log: silent,
    random: { token: () => String(++tokens), uuid: () => '0-0-0-0-0' },
    timer: (_milliseconds, act) => {
      due.push(act)
      return () => void due.splice(0, due.length, ...due.filter((one) => one !== act))
    },
  })
}

/** What stood under the marks, to be put back later as an older copy would. */
const copy = (names = ['a']) => Promise.all(names.map((name) => memory.expiring.read(`expiring:mark:${name}`)))

async function setBack(values: (string | null)[], names = ['a']) {
  for (const [at, name] of names.entries()) {
    const value = values[at] ?? null
    if (value === null) await memory.expiring.remove(`expiring:mark:${name}`)
    else await memory.expiring.put(`expiring:mark:${name}`, value, { seconds: 600 })
  }
}

test('nothing is answered before the store was looked at', async () => {
  const { guarded, prove } = open()
  await expect(guarded.read('x')).rejects.toMatchObject(AWAY)
  await expect(guarded.ping()).rejects.toMatchObject(AWAY)
  await prove()
  expect(await guarded.read('x')).toBeNull()
})

test('a store that goes on rises, whoever looks, and ends nothing', async () => {
  const [one, two] = [open(), open()]
  for (let turn = 0; turn < 5; turn++) await Promise.all([one.prove(), two.prove()])
  expect(noted.get('a')).toBeGreaterThanOrEqual(5)
  expect(ends).toBe(0)
})

describe('a store that was set back', () => {
  test('ends everything once, and goes on from there', async () => {
    const { prove } = open()
    await prove()
    const old = await copy()
    await prove()
    await setBack(old)
    await prove()
    expect(ends).toBe(1)
    await prove()
    await open().prove()
    expect(ends).toBe(1)
  })

  test('and one that was wiped does so too', async () => {
    const { prove } = open()
    await prove()
    memory.wipe()
    await prove()
    expect(ends).toBe(1)
  })

  test('is noticed by a part of it', async () => {
    const names = ['a', 'b', 'c']
    const { prove } = open(names)
    await prove()
    const [, b] = await copy(names)
    await prove()
    await setBack([b ?? null], ['b'])
    await prove()
    expect(ends).toBe(1)
  })

  test('is looked at again where everything could not be ended', async () => {
    const { prove } = open()
    await prove()
    memory.wipe()
    noted.set('a', 9)
    const failing = createContinuity({
      store: memory.expiring,
      marks: { noted: async () => noted, note: async () => undefined },
      names: ['a'],
      endEverything: () => Promise.reject(new Error('PostgreSQL is away')),
      log: silent,
      random: { token: () => 'token', uuid: () => '0-0-0-0-0' },
      timer: () => () => undefined,
    })
    await expect(failing.prove()).rejects.toThrow('PostgreSQL is away')
    await expect(failing.guarded.ping()).rejects.toMatchObject(AWAY)
    await prove()
    expect(ends).toBe(1)
  })
})

test('a store that cannot decide proves nothing, though it can be read', async () => {
  const { prove, guarded } = open()
  await prove()
  noted.set('a', 100)
  memory.breakDown('after', (operation) => operation === 'reserve')
  await expect(prove()).rejects.toMatchObject(AWAY)
  expect(ends).toBe(0)
  memory.repair()
  expect(await guarded.read('x')).toBeNull()
})

test('after a lost connection nothing is answered until the next look', async () => {
  const { prove, guarded, doubt } = open()
  await prove()
  doubt()
  await expect(guarded.take('x')).rejects.toMatchObject(AWAY)
  await prove()
  expect(await guarded.take('x')).toBeNull()
})

test('a look that began before the connection was lost does not count', async () => {
  const { prove, guarded, doubt } = open()
  const looking = prove()
  await Promise.resolve()
  await Promise.resolve()
  doubt()
  await looking
  await expect(guarded.ping()).rejects.toMatchObject(AWAY)
})

test('it looks by itself, and no more once it was stopped', async () => {
  const { guarded, stop } = open()
  due.shift()?.()
  while ((await guarded.ping().catch(() => 'unproven')) === 'unproven') await Promise.resolve()
  await stop()
  expect(due).toEqual([])
})
