import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'campus-id-test-'

export interface OwnFolder {
  path: string
  /** Ends every process whose number stands in a `*.pid` file here, then removes the folder. */
  remove(): Promise<void>
}

/**
 * A process cannot clean up after its own SIGKILL. So beside each folder waits a small shell that reads from a pipe
 * which we hold open: however we end, the kernel closes the pipe, and the shell ends the servers and removes the
 * folder. A normal end takes the same way. (SIGQUIT ends redis-server, and PostgreSQL without a checkpoint.)
 */
const GUARD = `
trap '' HUP INT TERM
while read -r _; do :; done
for file in "$1"/*.pid; do
  [ -f "$file" ] || continue
  pid=$(cat "$file")
  kill -CONT "$pid" && kill -QUIT "$pid" || continue
  tries=0
  while kill -0 "$pid"; do
    tries=$((tries + 1))
    [ "$tries" -gt 50 ] && kill -KILL "$pid" && break
    sleep 0.05
  done
done
rm -rf "$1"
`

export function ownFolder(): OwnFolder {
  sweep()
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  // PostgreSQL runs as somebody else where the tests run as root, and must reach its own folder in this one.
  chmodSync(path, 0o711)
  const guard = spawn('/bin/sh', ['-c', GUARD, 'guard', path], { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = once(guard, 'exit')
  guard.unref()
  // Else the pipe would keep alive a process that has nothing more to do, after a test that failed to clean up.
  if (guard.stdin instanceof Socket) guard.stdin.unref()
  return {
    path,
    async remove() {
      guard.ref()
      guard.stdin.end()
      await ended
    },
  }
}

/**
 * Folders of processes that are gone, whose guard went too (the machine was switched off). Where a server still runs, a
 * guard is at work, and needs the numbers that stand there.
 */
function sweep() {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]
    if (!owner || isAlive(Number(owner))) continue
    const folder = join(tmpdir(), name)
    if (!serversIn(folder).some(isAlive)) rmSync(folder, { recursive: true, force: true })
  }
}

function serversIn(folder: string): number[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.pid'))
    return files.map((file) => Number(readFileSync(join(folder, file), 'utf8')))
  } catch {
    // Its guard has just removed it.
    return []
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
