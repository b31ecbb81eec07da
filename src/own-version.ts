import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

/** The manifest that says what kind of modules we are cannot be missing. */
export function ownVersion(): string {
  const manifest = findPackageJSON('.', import.meta.url)
  return manifest === undefined ? 'unknown' : String(JSON.parse(readFileSync(manifest, 'utf8')).version)
}
