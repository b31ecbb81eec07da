/** One after the other, again and again: what changes on a machine over minutes meets both alike. */
import { type Foreign, takeClean } from './clean-windows.ts'
import { percent } from './windows.ts'

export interface Pairs<First, Second> {
  /** null where too few were taken on a quiet machine to say anything. */
  pairs: (readonly [First, Second])[] | null
  faults: string[]
}

export interface PairsWanted<First, Second> {
  count: number
  foreignMax: number
  first(): Promise<First>
  second(): Promise<Second>
  progress(step: string): void
}

/** Fewer clean pairs say nothing. */
const PAIRS_MIN = 3

export async function takePairs<First extends Foreign, Second extends Foreign>(
  wanted: PairsWanted<First, Second>,
): Promise<Pairs<First, Second>> {
  const { count, foreignMax, first, second, progress } = wanted
  const pairs: (readonly [First, Second])[] = []
  let noise = 0
  for (let pair = 1; pair <= count; pair++) {
    progress(`pair ${pair} of ${count}`)
    const { result, foreign } = await takeClean(async () => [await first(), await second()] as const, { foreignMax })
    if (result) pairs.push(result)
    else noise = Math.max(noise, foreign)
  }
  const lost = count - pairs.length
  return {
    pairs: pairs.length >= Math.min(PAIRS_MIN, count) ? pairs : null,
    faults: lost === 0 ? [] : [`${lost} of ${count} pairs not measured: foreign CPU ${percent(noise)}`],
  }
}
