import { unavailable } from './failures.ts'

export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

/**
 * One at a time, in the order of asking. Whoever has waited too long gives up before having begun, so that work which
 * waits for itself (a query from outside, asked for inside a transaction) ends with an error instead of never.
 */
export function createTurns({ waitMillisecondsMax }: { waitMillisecondsMax: number | null }): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return async (work) => {
    const { promise: ours, resolve: leave } = Promise.withResolvers<void>()
    const before = last
    last = before.then(() => ours)
    try {
      await (waitMillisecondsMax === null ? before : atMost(waitMillisecondsMax, before))
      return await work()
    } finally {
      leave()
    }
  }
}

async function atMost(milliseconds: number, turn: Promise<unknown>) {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(new Error(`waited ${milliseconds} ms for its turn`))), milliseconds)
  })
  try {
    await Promise.race([turn, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
