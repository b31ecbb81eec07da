/** Finds where a text stops being JSON. The platform's parser often gives no place, and lets a key stand twice. */

export interface SyntaxMistake {
  line: number
  column: number
  allowed: string
}

const DEPTH_MAX = 32
const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const PLAIN_VALUE = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y

export function findSyntaxMistake(text: string): SyntaxMistake | null {
  let position = 0

  const matches = (pattern: RegExp): string | null => {
    pattern.lastIndex = position
    const found = pattern.exec(text)?.[0] ?? null
    if (found !== null) position += found.length
    return found
  }
  const skipSpace = () => matches(SPACE)
  const takes = (sign: string): boolean => {
    skipSpace()
    if (text[position] !== sign) return false
    position += 1
    return true
  }

  /** Each of these answers what is allowed at `position`, or null after it has gone past a good part. */
  function value(depth: number): string | null {
    if (depth > DEPTH_MAX) return `no more than ${DEPTH_MAX} levels`
    if (takes('{')) return members(depth)
    if (takes('[')) return elements(depth)
    if (text[position] === '"') return matches(STRING) === null ? 'a string that ends on its line' : null
    return matches(PLAIN_VALUE) === null ? 'a JSON value: "text", number, true, false, null, [ or {' : null
  }

  function elements(depth: number): string | null {
    if (takes(']')) return null
    for (;;) {
      const mistake = value(depth + 1)
      if (mistake !== null) return mistake
      if (takes(']')) return null
      if (!takes(',')) return '"," or "]"'
    }
  }

  function members(depth: number): string | null {
    if (takes('}')) return null
    const names = new Set<string>()
    for (;;) {
      skipSpace()
      const start = position
      const name = matches(STRING)
      if (name === null) return 'a name in double quotes'
      if (names.has(name)) {
        position = start
        return `each name once: ${name} stands here a second time`
      }
      names.add(name)
      if (!takes(':')) return '":"'
      const mistake = value(depth + 1)
      if (mistake !== null) return mistake
      if (takes('}')) return null
      if (!takes(',')) return '"," or "}"'
    }
  }

  const mistake = value(0)
  skipSpace()
  if (mistake === null && position === text.length) return null
  const before = text.slice(0, position).split('\n')
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    allowed: mistake ?? 'nothing after the last }',
  }
}
