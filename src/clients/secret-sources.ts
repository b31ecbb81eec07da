import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ReadSecret } from './secrets.ts'

interface Sources {
  environment: Readonly<Record<string, string | undefined>>
  /** Absolute; where relative paths of the clients file start. */
  folder: string
}

/** Secrets from the environment and from files. A line end at the end of a file is an editor's, not the secret's. */
export function createSecretReader({ environment, folder }: Sources): ReadSecret {
  return async (reference) => {
    if ('env' in reference) return environment[reference.env] ?? null
    try {
      const text = await readFile(resolve(folder, reference.file), 'utf8')
      return text.replace(/\r?\n$/, '')
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
  }
}

/** The code of an error of the operating system, such as `EACCES`. */
export function codeOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : null
}
