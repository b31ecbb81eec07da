/** Figures from a machine on which others were at work are no figures: they are taken again, and then given up. */
export interface Foreign {
  foreign: number
}

export interface Taken<Result> {
  result: Result | null
  /** The least that was seen. */
  foreign: number
}

const ATTEMPTS_MAX = 3

/** Takes it until nobody else was at work; null where somebody always was. */
export async function takeClean<Result extends readonly Foreign[]>(
  take: () => Promise<Result>,
  { foreignMax }: { foreignMax: number },
): Promise<Taken<Result>> {
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const result = await take()
    const foreign = Math.max(...result.map((window) => window.foreign))
    if (foreign <= foreignMax) return { result, foreign }
    least = Math.min(least, foreign)
  }
  return { result: null, foreign: least }
}
