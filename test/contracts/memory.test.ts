import { describe } from '@jest/globals'
import { memoryExpiring } from '../support/memory-expiring.ts'
import { expiringContract } from './expiring.contract.ts'

/** What other tests stand on in place of a real store has to be as good as one. */
describe('the memory that tests use', () => {
  let time = Date.UTC(2026, 8, 1)
  const { expiring: store } = memoryExpiring(() => new Date(time))

  expiringContract(() => ({
    store,
    // Everything grows older, this key too: what a test still needs was put for longer.
    async age() {
      time += 61_000
    },
    async secondsLeft(key) {
      const now = time
      while ((await store.read(key)) !== null) time += 1_000
      const seconds = (time - now) / 1_000
      time = now
      return seconds
    },
  }))
})
