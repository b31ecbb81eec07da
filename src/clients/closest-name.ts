const LIKENESS_MIN = 0.6

/** The known name that a mistyped one was probably meant to be; null when none is like it. */
export function closestName(typed: string, known: readonly string[]): string | null {
  const ranked = known
    .map((name) => ({ name, likeness: likeness(typed, name) }))
    .sort((left, right) => right.likeness - left.likeness)
  const [best] = ranked
  return best !== undefined && best.likeness >= LIKENESS_MIN ? best.name : null
}

/** The share of neighbouring letters that two names have in common (Dice): `redirectUri` is like `redirect_uris`. */
function likeness(left: string, right: string): number {
  const [leftPairs, rightPairs] = [pairsOf(left), pairsOf(right)]
  const shared = [...leftPairs].filter((pair) => rightPairs.has(pair)).length
  return (2 * shared) / Math.max(1, leftPairs.size + rightPairs.size)
}

function pairsOf(name: string): Set<string> {
  const letters = name.toLowerCase().replace(/[^a-z]/g, '')
  return new Set([...letters].slice(1).map((_, index) => letters.slice(index, index + 2)))
}
