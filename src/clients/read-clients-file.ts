/** From the text of a clients file to clients, or to every mistake in it at once. */
import { findSyntaxMistake } from './json-text.ts'
import type { DeclaredClient } from './plan-clients.ts'
import { type Problem, pointer, problemAt } from './problem.ts'
import { readSecrets } from './read-secrets.ts'
import { brokenRules } from './rules.ts'
import { clientsFile, metadataOf } from './schema.ts'
import type { ReadSecret } from './secrets.ts'
import { shapeProblems } from './shape-problems.ts'

export type ClientsFileReading = { ok: true; clients: DeclaredClient[] } | { ok: false; problems: Problem[] }

/** `source` is the text of the file, or what was parsed from it. */
export async function readClientsFile(source: unknown, readSecret: ReadSecret): Promise<ClientsFileReading> {
  const parsed = typeof source === 'string' ? parse(source) : { value: source }
  if ('problem' in parsed) return { ok: false, problems: [parsed.problem] }

  const entries = entriesOf(parsed.value)
  const shape = clientsFile.safeParse(parsed.value)
  const secrets = await Promise.all(entries.map((raw) => readSecrets(raw?.['client_secrets'], readSecret)))
  const problems = [
    ...(shape.success ? [] : shape.error.issues.flatMap((issue) => shapeProblems(issue, parsed.value))),
    ...entries.flatMap((raw, index) => (raw === null ? [] : beneath(index, brokenRules(raw)))),
    ...secrets.flatMap((read, index) => beneath(index, read.problems)),
    ...repeatedIdentifiers(entries),
  ]
  if (!shape.success || problems.length > 0) return { ok: false, problems: problems.sort(inOrderOfTheFile) }

  const clients = shape.data.clients.map((entry, index) => ({
    id: entry.client_id,
    metadata: metadataOf(entry),
    secretHashes: secrets[index]?.hashes ?? [],
  }))
  return { ok: true, clients }
}

const { compare } = new Intl.Collator('en', { numeric: true })
const inOrderOfTheFile = (left: Problem, right: Problem) => compare(left.path, right.path)

function parse(text: string): { value: unknown } | { problem: Problem } {
  // Some editors begin a file with a byte order mark, which is no JSON (RFC 8259 §8.1 lets us ignore it).
  const json = text.replace(/^\uFEFF/, '')
  const mistake = findSyntaxMistake(json)
  if (mistake === null) return { value: JSON.parse(json) }
  const { allowed, ...at } = mistake
  return { problem: { path: '', allowed, at } }
}

/** Null for what is no object: every other entry keeps its index. */
function entriesOf(value: unknown): (Readonly<Record<string, unknown>> | null)[] {
  if (!isRecord(value) || !Array.isArray(value['clients'])) return []
  return value['clients'].map((entry: unknown) => (isRecord(entry) ? entry : null))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function beneath(index: number, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: `${pointer('clients', index)}${problem.path}` }))
}

function repeatedIdentifiers(entries: readonly (Readonly<Record<string, unknown>> | null)[]): Problem[] {
  const identifiers = entries.map((raw) => raw?.['client_id'])
  return identifiers.flatMap((id, index) => {
    const first = identifiers.indexOf(id)
    if (typeof id !== 'string' || first === index) return []
    return [problemAt(pointer('clients', index, 'client_id'), id, `each once: ${pointer('clients', first)} has it too`)]
  })
}
