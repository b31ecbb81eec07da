import { closestName } from './terminal/terminal.ts'

/** A mistyped variable would silently mean its default: those that look like one of ours are named at start. */
export function misspelledVariables(found: readonly string[], known: readonly string[]): string[] {
  return found
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = closestName(name, known)
      return meant === null ? [] : [`${name} is not a variable of ours: did you mean ${meant}?`]
    })
}
