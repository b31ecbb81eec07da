import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The `code` of an error that stands for an answer: name another folder. */
export const FOLDER_UNUSABLE = 'data_folder_unusable'

/**
 * Makes a folder that its owner alone may enter, and closes one that others may. For folders of ours inside `DATA_DIR`:
 * `DATA_DIR` itself may be a mount point whose mode is not ours to change.
 */
export function ensurePrivateFolder(path: string): void {
  try {
    makeFolders(path)
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700)
    accessSync(path, constants.W_OK)
  } catch (cause) {
    const why = typeof cause === 'object' && cause !== null && 'code' in cause ? ` (${cause.code})` : ''
    const message = `The folder ${path} cannot be made or written to${why}: set DATA_DIR to one of the server's own.`
    throw Object.assign(new Error(message, { cause }), { code: FOLDER_UNUSABLE })
  }
}

/** One by one: where a folder can be seen but nothing made in it, as in /proc, Node's own recursion has no end. */
function makeFolders(path: string): void {
  if (existsSync(path)) return
  if (dirname(path) !== path) makeFolders(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process that starts now has made it.
    if (!existsSync(path)) throw error
  }
}
