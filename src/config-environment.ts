import { resolve } from 'node:path'
import type { ConfigMistake, ConfigSources, Environment } from './config.ts'
import { SECRET_VARIABLES } from './config-variables.ts'

/** `<name>_FILE` names a file that holds the value, as Docker and Kubernetes mount their secrets. */
export const FILE_VARIABLES = [...SECRET_VARIABLES, 'DATABASE_URL', 'REDIS_URL'] as const

/** The variables that say something: an empty one is as good as none, and a `*_FILE` is replaced by what it holds. */
export function collectVariables(environment: Environment, { root, readFile }: ConfigSources) {
  const given: Record<string, string> = {}
  const mistakes: ConfigMistake[] = []
  for (const [name, text] of Object.entries(environment)) {
    if (text !== undefined && text.trim() !== '') given[name] = text.trim()
  }
  for (const name of FILE_VARIABLES) {
    const variable = `${name}_FILE`
    const path = given[variable]
    if (path === undefined) continue
    if (given[name] !== undefined) {
      mistakes.push({ variable, expected: `either ${name} or ${variable}, not both` })
      continue
    }
    const content = readOrNull(resolve(root, path), readFile)
    if (content === null)
      mistakes.push({ variable, expected: 'a file that this process may read and that is not empty' })
    else given[name] = content
  }
  return { given, mistakes }
}

function readOrNull(path: string, readFile: (path: string) => string): string | null {
  try {
    return readFile(path).trim() || null
  } catch {
    return null
  }
}
