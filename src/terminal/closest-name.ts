const SLIPS_MAX = 2
const LETTERS_A_SLIP = 4

/**
 * The known name that a mistyped one was probably meant to be; null when none is near. Capitals and separators do not
 * count (`firstParty` is `first_party`), and one slip in four letters is allowed, two at most: HOME is not a
 * misspelling of HOST.
 */
export function closestName(typed: string, known: readonly string[]): string | null {
  const ranked = known
    .map((name) => ({ name, slips: distance(bare(typed), bare(name)) }))
    .filter(({ name, slips }) => slips <= Math.min(SLIPS_MAX, Math.floor(bare(name).length / LETTERS_A_SLIP)))
    .toSorted((left, right) => left.slips - right.slips)
  return ranked[0]?.name ?? null
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Levenshtein's distance: insertions, deletions and substitutions. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, substituted))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
