/** A mistyped variable would silently mean its default: those that look like one of ours are named at start. */
export function misspelledVariables(found: readonly string[], known: readonly string[]): string[] {
  return found
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = known.find((candidate) => isNear(name.toUpperCase(), candidate))
      return meant === undefined ? [] : [`${name} is not a variable of ours: did you mean ${meant}?`]
    })
}

/** One slip in four letters, two at most: HOME is not a misspelling of HOST. */
function isNear(name: string, candidate: string): boolean {
  const slipsMax = Math.min(2, Math.floor(candidate.length / 4))
  return Math.abs(name.length - candidate.length) <= slipsMax && distance(name, candidate) <= slipsMax
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
