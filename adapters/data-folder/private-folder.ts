import { chmodSync, mkdirSync, statSync } from 'node:fs'

/**
 * Makes a folder that its owner alone may enter, and closes one that others may. For folders of ours inside `DATA_DIR`:
 * `DATA_DIR` itself may be a mount point whose mode is not ours to change.
 */
export function ensurePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700)
}
