import type { ClientMetadata } from './clients.ts'
import { type Problem, pointer } from './problem.ts'
import { brokenRules } from './rules.ts'
import { clientEntry, metadataOf } from './schema.ts'

/** One client by the rules of the clients file, from wherever it comes; or the first of its mistakes. */
export function readClientEntry(
  entry: Readonly<Record<string, unknown>>,
): { ok: true; metadata: ClientMetadata } | { ok: false; problem: Problem } {
  const shape = clientEntry.safeParse(entry)
  const issue = shape.error?.issues[0]
  if (issue !== undefined) {
    const [field = ''] = issue.path
    const known: Readonly<Record<string, { description?: string | undefined }>> = clientEntry.shape
    return { ok: false, problem: { path: pointer(field), allowed: known[String(field)]?.description ?? issue.message } }
  }
  const [problem] = brokenRules(entry)
  if (problem !== undefined) return { ok: false, problem }
  if (!shape.success) throw new Error('a shape with neither issues nor data')
  return { ok: true, metadata: metadataOf(shape.data) }
}
