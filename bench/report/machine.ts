/** What the figures were taken on and with. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { findPostgres, findProgram } from '../../test/support/installed.ts'

const TOP = resolve(import.meta.dirname, '../..')

export interface Surroundings {
  at: string
  commit: string
  processor: string
  cores: number
  memoryGigabytes: number
  system: string
  node: string
  provider: string
  postgres: string
  redis: string
}

export function surroundings(at: Date): Surroundings {
  return {
    at: at.toISOString(),
    commit: commit(),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `Linux ${release()}`,
    node: process.versions.node,
    provider: versionOf('oidc-provider'),
    postgres: lineOf(join(findPostgres() ?? '', 'postgres'), ['--version']),
    redis: lineOf(findProgram('redis-server') ?? '', ['--version']).replace(/ sha=.*/, ''),
  }
}

/** With a `+` where the working tree differs from it. */
function commit(): string {
  const short = lineOf('git', ['-C', TOP, 'rev-parse', '--short', 'HEAD'])
  return lineOf('git', ['-C', TOP, 'status', '--porcelain', '--untracked-files=no']) === '' ? short : `${short}+`
}

function versionOf(name: string): string {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return String(JSON.parse(readFileSync(manifest, 'utf8')).version)
}

function lineOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8' }).split('\n')[0]?.trim() ?? ''
  } catch {
    return 'unknown'
  }
}
