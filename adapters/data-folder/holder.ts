import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const holderSchema = z.object({ pid: z.number(), host: z.string(), socket: z.string().nullable() })

/** Who holds a data folder, and where it listens for commands. A note for people and commands: the lock decides. */
export type Holder = z.infer<typeof holderSchema>

export function runFolder(folder: string): string {
  return join(folder, 'run')
}

/** null when nobody ever wrote one, or it cannot be understood. */
export function readHolder(folder: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(holderFile(folder), 'utf8')))
  } catch {
    return null
  }
}

/** To be called by the holder of the lock alone. Whoever reads sees the old note or the new one. */
export function writeHolder(folder: string, holder: Holder): void {
  const draft = `${holderFile(folder)}.draft`
  writeFileSync(draft, `${JSON.stringify(holder)}\n`, { mode: 0o600 })
  renameSync(draft, holderFile(folder))
}

export function removeHolder(folder: string): void {
  rmSync(holderFile(folder), { force: true })
}

function holderFile(folder: string): string {
  return join(runFolder(folder), 'holder.json')
}
