/** Of numbers, in whatever order. None has no median. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5)
}

/** Between two neighbours the straight line decides. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) return Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

export interface Estimate {
  value: number
  /** In 95 of 100 such intervals lies what a run without end would give. */
  low: number
  high: number
}

const DRAWS = 10_000

/** The median, and how far it could be off: bootstrap by percentiles. `random` gives numbers from 0 up to 1. */
export function estimate(numbers: readonly number[], random: () => number): Estimate {
  const medians = Array.from({ length: DRAWS }, () => median(drawAgain(numbers, random)))
  return { value: median(numbers), low: quantile(medians, 0.025), high: quantile(medians, 0.975) }
}

function drawAgain(numbers: readonly number[], random: () => number): number[] {
  return numbers.map(() => numbers[Math.floor(random() * numbers.length)] ?? Number.NaN)
}

/** The same numbers in each run, so that the same measurements give the same interval (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
