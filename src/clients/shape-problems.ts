import type { z } from 'zod'
import { closestName } from '../terminal/terminal.ts'
import { type Problem, pointer, problemAt } from './problem.ts'
import { clientEntry, clientsFile, resourceServerEntry } from './schema.ts'

const LITERAL_SECRET = [
  'a secret never stands in this file: keep it in a variable or a file, and refer to it by',
  'client_secrets: [{"env": "NAME"}] or [{"file": "path"}]; replace this one if others may have seen it',
].join(' ')

/** What zod found about the shape, in our words: the description of the field is what is allowed there. */
export function shapeProblems(issue: z.core.$ZodIssue, file: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: pointer(...issue.path, key), allowed: insteadOf(key, issue.path) }))
  }
  const found = mayHoldSecret(issue.path) ? undefined : valueAt(file, issue.path)
  const description = descriptionOf(issue.path)
  const isMissing = valueAt(file, issue.path) === undefined
  return [problemAt(pointer(...issue.path), found, isMissing ? `required: ${description}` : description)]
}

function insteadOf(key: string, path: readonly PropertyKey[]): string {
  const [list, , field] = path
  if (field !== undefined) return descriptionOf(path)
  if (path.length === 2 && /^client_?secret$/i.test(key)) return LITERAL_SECRET
  const known = Object.keys(path.length === 0 ? clientsFile.shape : entryOf(list).shape)
  const meant = closestName(key, known)
  return meant === null ? `not a field; these are: ${known.join(', ')}` : `not a field; did you mean "${meant}"?`
}

/** `path` is `['clients', index, field, …]` or `['resource_servers', …]`, or shorter. */
function descriptionOf([list, index, field]: readonly PropertyKey[]): string {
  if (list === undefined) return 'an object: {"clients": [ … ]}'
  if (typeof field === 'string') {
    const shape: Readonly<Record<string, z.ZodType>> = entryOf(list).shape
    if (Object.hasOwn(shape, field)) return shape[field]?.description ?? ''
  }
  if (index !== undefined) return `an object that describes one ${list === 'clients' ? 'client' : 'resource server'}`
  if (list === 'clients') return 'a list of clients: [ … ]'
  return list === 'resource_servers' ? 'a list of resource servers: [ … ]' : 'a text'
}

function entryOf(list: PropertyKey | undefined) {
  return list === 'resource_servers' ? resourceServerEntry : clientEntry
}

function mayHoldSecret([, , field]: readonly PropertyKey[]): boolean {
  return field === undefined || field === 'client_secrets' || field === 'jwks'
}

function valueAt(file: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((value: unknown, step) => {
    if (typeof value !== 'object' || value === null) return undefined
    return Reflect.get(value, step)
  }, file)
}
