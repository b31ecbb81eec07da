import { describe, expect, test } from '@jest/globals'
import { until } from '../../test/support/until.ts'
import { type Topic, watchChanges } from './changes.ts'

function memoryStore() {
  const counts = new Map<string, number>()
  const state = { looks: 0, error: null as Error | null, wait: Promise.resolve() }
  return {
    state,
    change: (topic: Topic) => void counts.set(topic, (counts.get(topic) ?? 0) + 1),
    async versions() {
      state.looks += 1
      const seen = new Map([...counts].map(([topic, count]) => [topic, String(count)]))
      await state.wait
      if (state.error) throw state.error
      return seen
    },
  }
}

function memoryLog() {
  const lines: string[] = []
  const note = (...said: unknown[]) => void lines.push(String(said.at(-1)))
  return { lines, log: { warn: note, info: note } }
}

function world() {
  let now = 0
  const store = memoryStore()
  const { lines, log } = memoryLog()
  const waiting: (() => void)[] = []
  const changes = watchChanges({
    store,
    log,
    now: () => now,
    timer(milliseconds, act) {
      expect(milliseconds).toBe(1_000)
      waiting.push(act)
      return () => void waiting.splice(waiting.indexOf(act), 1)
    },
  })
  /** Lets a second pass, and waits until the next one is waited for. */
  async function second() {
    waiting.shift()?.()
    await until('the next second is waited for', () => waiting.length > 0)
  }
  const pass = (milliseconds: number) => {
    now += milliseconds
  }
  return { store, lines, waiting, changes, second, pass }
}

describe('a listener', () => {
  test('is called once at first, and then after each change of its own topic', async () => {
    const { store, changes } = world()
    const told: string[] = []
    changes.subscribe('clients', () => void told.push('clients'))
    changes.subscribe('keys', () => void told.push('keys'))
    await changes.refresh()
    expect(told.sort()).toEqual(['clients', 'keys'])
    await changes.refresh()
    expect(told).toHaveLength(2)
    store.change('clients')
    await changes.refresh()
    expect(told.at(-1)).toBe('clients')
    expect(told).toHaveLength(3)
  })

  test('that comes late is called too, also where nothing was changed since', async () => {
    const { store, changes } = world()
    changes.subscribe('clients', () => undefined)
    store.change('clients')
    await changes.refresh()
    let calls = 0
    changes.subscribe('clients', () => {
      calls += 1
    })
    await changes.refresh()
    expect(calls).toBe(1)
  })

  test('that rejects is called again, and keeps no other from being called', async () => {
    const { changes } = world()
    let [tries, calls] = [0, 0]
    changes.subscribe('clients', async () => {
      tries += 1
      if (tries === 1) throw new Error('the database is gone')
    })
    changes.subscribe('clients', () => {
      calls += 1
    })
    await expect(changes.refresh()).rejects.toThrow('the database is gone')
    expect([tries, calls]).toEqual([1, 1])
    await changes.refresh()
    await changes.refresh()
    expect([tries, calls]).toEqual([2, 1])
  })

  test('is never called while it is still at work', async () => {
    const { store, changes } = world()
    const gate = Promise.withResolvers<void>()
    let [calls, atWork] = [0, 0]
    changes.subscribe('clients', async () => {
      calls += 1
      atWork += 1
      await gate.promise
      expect(atWork).toBe(1)
      atWork -= 1
    })
    const earlier = changes.refresh()
    await until('it is at work', () => calls === 1)
    store.change('clients')
    const later = changes.refresh()
    await until('a look could have been taken', () => store.state.looks === 1)
    gate.resolve()
    await Promise.all([earlier, later])
    expect(calls).toBe(2)
  })

  test('hears nothing more after it has ended', async () => {
    const { store, changes } = world()
    let calls = 0
    const end = changes.subscribe('clients', () => {
      calls += 1
    })
    await changes.refresh()
    end()
    store.change('clients')
    await changes.refresh()
    expect(calls).toBe(1)
  })
})

describe('a refresh', () => {
  test('sees what was changed before it was asked for, also while an earlier look is under way', async () => {
    const { store, changes } = world()
    let calls = 0
    changes.subscribe('clients', () => {
      calls += 1
    })
    const gate = Promise.withResolvers<void>()
    store.state.wait = gate.promise
    const earlier = changes.refresh()
    await until('the first look is under way', () => store.state.looks === 1)
    store.change('clients')
    const later = changes.refresh()
    gate.resolve()
    await Promise.all([earlier, later])
    expect(calls).toBe(2)
  })

  test('rejects where the database cannot be asked, and keeps what is known', async () => {
    const { store, changes } = world()
    let calls = 0
    changes.subscribe('clients', () => {
      calls += 1
    })
    await changes.refresh()
    store.state.error = new Error('unavailable')
    await expect(changes.refresh()).rejects.toThrow('unavailable')
    store.state.error = null
    await changes.refresh()
    expect(calls).toBe(1)
  })
})

describe('by itself', () => {
  test('it looks once a second, and says once that it cannot, and once that it can again', async () => {
    const { store, lines, changes, second } = world()
    let calls = 0
    changes.subscribe('clients', () => {
      calls += 1
    })
    store.state.error = new Error('unavailable')
    await second()
    await second()
    expect([store.state.looks, calls]).toEqual([2, 0])
    expect(lines).toEqual(['cannot learn what others change'])
    store.state.error = null
    await second()
    await second()
    expect([store.state.looks, calls]).toEqual([4, 1])
    expect(lines.slice(1)).toEqual(['what others change is known again'])
  })

  test('it asks nothing while nobody listens', async () => {
    const { store, second } = world()
    await second()
    expect(store.state.looks).toBe(0)
  })

  test('it begins no look while one is under way', async () => {
    const { store, waiting, changes, second } = world()
    changes.subscribe('clients', () => undefined)
    const gate = Promise.withResolvers<void>()
    store.state.wait = gate.promise
    const passing = second()
    await until('it looks', () => store.state.looks === 1)
    expect(waiting).toEqual([])
    gate.resolve()
    await passing
    expect(store.state.looks).toBe(1)
  })

  test('it has ended when it says so, also where it was looking', async () => {
    const { store, waiting, changes } = world()
    let isHeard = false
    changes.subscribe('clients', () => {
      isHeard = true
    })
    const gate = Promise.withResolvers<void>()
    store.state.wait = gate.promise
    waiting.shift()?.()
    await until('it looks', () => store.state.looks === 1)
    const stopped = changes.stop()
    gate.resolve()
    await stopped
    await new Promise((resolve) => setImmediate(resolve))
    expect([isHeard, waiting]).toEqual([false, []])
  })

  test('a world that stops between two looks leaves no timer', async () => {
    const { waiting, changes, second } = world()
    await second()
    await changes.stop()
    expect(waiting).toEqual([])
  })
})

describe('what listeners know', () => {
  test('is as old as the last look that succeeded, from when it began', async () => {
    const { store, changes, pass } = world()
    changes.subscribe('clients', () => pass(20))
    expect(changes.ageMilliseconds()).toBe(Number.POSITIVE_INFINITY)
    await changes.refresh()
    expect(changes.ageMilliseconds()).toBe(20)
    pass(1_000)
    store.state.error = new Error('the database is gone')
    await expect(changes.refresh()).rejects.toThrow('gone')
    expect(changes.ageMilliseconds()).toBe(1_020)
    store.state.error = null
    await changes.refresh()
    expect(changes.ageMilliseconds()).toBe(0)
  })
})
