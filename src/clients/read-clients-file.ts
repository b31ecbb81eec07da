/** From the text of a clients file to clients, or to every mistake in it at once. */
import { findSyntaxMistake } from './json-text.ts'
import type { Declared } from './plan-clients.ts'
import { withPreset } from './presets.ts'
import { type Problem, pointer, problemAt } from './problem.ts'
import { readSecrets } from './read-secrets.ts'
import { brokenResourceRules, type RawEntry } from './resource-rules.ts'
import { brokenRules } from './rules.ts'
import { clientsFile, metadataOf, resourceServerOf } from './schema.ts'
import type { ReadSecret } from './secrets.ts'
import { shapeProblems } from './shape-problems.ts'

export type ClientsFileReading = ({ ok: true } & Declared) | { ok: false; problems: Problem[] }

/** `source` is the text of the file, or what was parsed from it. */
export async function readClientsFile(source: unknown, readSecret: ReadSecret): Promise<ClientsFileReading> {
  const read = typeof source === 'string' ? parse(source) : { value: source }
  if ('problem' in read) return { ok: false, problems: [read.problem] }
  const parsed = { value: withPresets(read.value) }

  const entries = entriesOf(parsed.value, 'clients')
  const servers = entriesOf(parsed.value, 'resource_servers')
  const shape = clientsFile.safeParse(parsed.value)
  const secrets = await Promise.all(entries.map((raw) => readSecrets(raw?.['client_secrets'], readSecret)))
  const problems = [
    ...(shape.success ? [] : shape.error.issues.flatMap((issue) => shapeProblems(issue, parsed.value))),
    ...entries.flatMap((raw, index) => (raw === null ? [] : beneath(index, brokenRules(raw)))),
    ...secrets.flatMap((read, index) => beneath(index, read.problems)),
    ...brokenResourceRules({ clients: entries, servers }),
    ...repeatedIdentifiers(entries, 'clients', 'client_id'),
    ...repeatedIdentifiers(servers, 'resource_servers', 'identifier'),
  ]
  if (!shape.success || problems.length > 0) return { ok: false, problems: problems.sort(inOrderOfTheFile) }

  const clients = shape.data.clients.map((entry, index) => ({
    id: entry.client_id,
    metadata: metadataOf(entry),
    secretHashes: secrets[index]?.hashes ?? [],
  }))
  const resourceServers = shape.data.resource_servers.map((entry) => ({
    id: entry.identifier,
    metadata: resourceServerOf(entry),
  }))
  return { ok: true, clients, resourceServers }
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

function withPresets(file: unknown): unknown {
  if (!isRecord(file) || !Array.isArray(file['clients'])) return file
  return { ...file, clients: file['clients'].map((entry: unknown) => (isRecord(entry) ? withPreset(entry) : entry)) }
}

/** Null for what is no object: every other entry keeps its index. */
function entriesOf(value: unknown, list: 'clients' | 'resource_servers'): RawEntry[] {
  if (!isRecord(value) || !Array.isArray(value[list])) return []
  return value[list].map((entry: unknown) => (isRecord(entry) ? entry : null))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function beneath(index: number, problems: readonly Problem[]): Problem[] {
  return problems.map((problem) => ({ ...problem, path: `${pointer('clients', index)}${problem.path}` }))
}

function repeatedIdentifiers(entries: readonly RawEntry[], list: string, field: string): Problem[] {
  const identifiers = entries.map((raw) => raw?.[field])
  return identifiers.flatMap((id, index) => {
    const first = identifiers.indexOf(id)
    if (typeof id !== 'string' || first === index) return []
    return [problemAt(pointer(list, index, field), id, `each once: ${pointer(list, first)} has it too`)]
  })
}
