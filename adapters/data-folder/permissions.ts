import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface FolderPermissions {
  mode: number
  /** Of each generated secret, by its name. */
  secretModes: Record<string, number>
}

/** Permission bits, for `doctor`; null where there is no such folder yet. */
export function dataFolderPermissions(folder: string): FolderPermissions | null {
  const top = statSync(folder, { throwIfNoEntry: false })
  if (top === undefined) return null
  const secrets = join(folder, 'secrets')
  const names = statSync(secrets, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(secrets) : []
  const bits = (path: string) => statSync(path).mode & 0o777
  return { mode: top.mode & 0o777, secretModes: Object.fromEntries(names.map((it) => [it, bits(join(secrets, it))])) }
}
