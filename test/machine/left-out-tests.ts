import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPostgres, findProgram } from '../support/installed.ts'

const ROOTS = ['src', 'interactions', 'adapters', 'scripts', 'test']
const STARTS_SERVERS = /from '[^']*\/(postgres-server|redis-server|redis-cluster)\.ts'/

/**
 * A server that somebody lends us (TEST_DATABASE_URL, TEST_REDIS_URL) is not ours to kill. Where the programs are not
 * installed besides, the tests that start, stop and kill servers of their own are left out: prepare.ts names them.
 */
export function leftOutTests(top: string): string[] {
  if (findPostgres() && findProgram('redis-server')) return []
  return ROOTS.flatMap((root) => testsBelow(top, root)).filter((path) =>
    startsServers(readFileSync(join(top, path), 'utf8')),
  )
}

export const startsServers = (source: string) => STARTS_SERVERS.test(source)

function testsBelow(top: string, root: string): string[] {
  return readdirSync(join(top, root), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.test\.tsx?$/.test(path))
    .map((path) => `${root}/${path}`)
}
