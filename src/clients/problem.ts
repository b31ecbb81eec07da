/** A mistake in the clients file: where it is, what stands there, and what may stand there. */
export interface Problem {
  /** A JSON pointer (RFC 6901), such as `/clients/2/redirect_uris/0`; empty for the file itself. */
  path: string
  /** What was found, shortened. Never given where a secret may stand. */
  found?: string
  allowed: string
  /** Only where the text is not JSON; both count from 1. */
  at?: { line: number; column: number }
}

const FOUND_LENGTH_MAX = 120

export function pointer(...steps: readonly PropertyKey[]): string {
  return steps.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function problemAt(path: string, found: unknown, allowed: string): Problem {
  if (found === undefined) return { path, allowed }
  const text = JSON.stringify(found)
  return { path, found: text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX)}…` : text, allowed }
}

/** One line for a terminal or a log. */
export function describeProblem({ path, found, allowed, at }: Problem): string {
  const place = at === undefined ? path || 'the file' : `line ${at.line}, column ${at.column}`
  return `${place}: ${allowed}${found === undefined ? '' : ` (found: ${found})`}`
}
