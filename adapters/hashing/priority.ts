import { access } from 'node:fs/promises'
import { constants, getPriority, setPriority } from 'node:os'

/** In units of `nice`: at 10 a thread that wants a core gets about a tenth of what a normal one gets beside it. */
export const STEPS_BEHIND = 10

/**
 * Lets the thread that calls it come after the others: a token request takes a millisecond and is waited for at once,
 * hashes queue anyway. On Linux this is the thread's own affair; elsewhere it is the whole process's, and left alone.
 */
export async function stepBehind(): Promise<void> {
  if (process.platform !== 'linux') return
  try {
    // libuv's threads, where signatures are made, start with the first work for them and inherit from who brings it.
    await access(new URL(import.meta.url))
    setPriority(Math.min(constants.priority.PRIORITY_LOW, getPriority() + STEPS_BEHIND))
  } catch {
    // Where a system forbids it, hashing goes on as an equal.
  }
}
