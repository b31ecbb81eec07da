import { beforeEach, describe, expect, test } from '@jest/globals'
import { unavailableSample } from '../../test/support/unavailable-sample.ts'
import { type LeaderWork, type Leases, startLeaderWork, type Turn } from './leases.ts'

/** One lease, and processes that wait for their turns until the test says that the time has come. */
let holder: string | null
let isAway: boolean
let lines: string[]
beforeEach(() => {
  holder = null
  isAway = false
  lines = []
})

const leasesOf = (name: string): Leases => ({
  async hold() {
    if (isAway) throw unavailableSample('postgres')
    holder ??= name
    return holder === name
  },
  async release() {
    if (isAway) throw unavailableSample('postgres')
    if (holder === name) holder = null
  },
})

function openProcess(name: string, run: LeaderWork['run']) {
  const waiting: { milliseconds: number; act: () => void }[] = []
  const say = (level: string) => (_fields: unknown, message?: string) => lines.push(`${name} ${level}: ${message}`)
  const working = startLeaderWork(
    {
      leases: leasesOf(name),
      log: { info: say('info'), warn: say('warn'), error: say('error') },
      timer(milliseconds, act) {
        const entry = { milliseconds, act }
        waiting.push(entry)
        return () => void waiting.splice(waiting.indexOf(entry), 1)
      },
    },
    { name: 'rotation', everySeconds: 60, run },
  )
  return {
    waiting,
    stop: working.stop,
    /** Lets the time of the next turn come, and waits until the one after it is waited for. */
    async turn() {
      waiting.shift()?.act()
      while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('work of the leader', () => {
  test('is done every so often, by one process of two', async () => {
    const done: string[] = []
    const one = openProcess('one', async () => void done.push('one'))
    const two = openProcess('two', async () => void done.push('two'))
    expect(one.waiting.map(({ milliseconds }) => milliseconds)).toEqual([60_000])
    for (const process of [one, two, two, one, two]) await process.turn()
    expect(done).toEqual(['one', 'one'])
    expect(lines).toEqual(['one info: leads this work'])
  })

  test('is taken over when its leader has stopped', async () => {
    const done: string[] = []
    const one = openProcess('one', async () => void done.push('one'))
    const two = openProcess('two', async () => void done.push('two'))
    await one.turn()
    await one.stop()
    await two.turn()
    expect(done).toEqual(['one', 'two'])
    expect(one.waiting).toEqual([])
  })

  test('that fails is told, left to whoever is there first, and tried again', async () => {
    const done: string[] = []
    const one = openProcess('one', async () => {
      throw new Error('this process cannot')
    })
    const two = openProcess('two', async () => void done.push('two'))
    await one.turn()
    await two.turn()
    await one.turn()
    expect(done).toEqual(['two'])
    expect(lines).toContain('one error: work of the leader failed: it is tried again')
    await two.stop()
    await one.turn()
    expect(lines.filter((line) => line.startsWith('one error'))).toHaveLength(2)
  })

  test('notices that the lease was lost while it worked', async () => {
    const seen: boolean[] = []
    const one = openProcess('one', async ({ mayGoOn }: Turn) => {
      seen.push(await mayGoOn())
      holder = 'two'
      seen.push(await mayGoOn())
    })
    await one.turn()
    expect(seen).toEqual([true, false])
    expect(lines).toContain('one info: leads this work no more')
    expect(holder).toBe('two')
  })

  test('is done by nobody while PostgreSQL is away, which each process says once', async () => {
    let done = 0
    const one = openProcess('one', async () => void done++)
    isAway = true
    for (let turn = 0; turn < 3; turn++) await one.turn()
    expect(done).toBe(0)
    expect(lines).toEqual(['one warn: cannot learn who leads: nobody works until then'])
    isAway = false
    await one.turn()
    expect(done).toBe(1)
    isAway = true
    await one.turn()
    expect(lines.filter((line) => line.startsWith('one warn'))).toHaveLength(2)
    await one.stop()
  })

  test('may not go on where PostgreSQL went away in the middle', async () => {
    const seen: boolean[] = []
    const one = openProcess('one', async ({ mayGoOn }: Turn) => {
      isAway = true
      seen.push(await mayGoOn())
    })
    await one.turn()
    expect(seen).toEqual([false])
  })

  test('ends its step when the process stops, begins no other, and only then gives the lease back', async () => {
    const step = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const seen: (boolean | string | null)[] = []
    const one = openProcess('one', async ({ mayGoOn }: Turn) => {
      begun.resolve()
      await step.promise
      seen.push(holder, await mayGoOn())
    })
    one.waiting.shift()?.act()
    await begun.promise
    const stopped = one.stop()
    step.resolve()
    await stopped
    expect(seen).toEqual(['one', false])
    expect(holder).toBeNull()
    expect(one.waiting).toEqual([])
  })
})
