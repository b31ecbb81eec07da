/** What has to be carried to a machine: the built files, the packages of production and Node, packed together. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createGzip } from 'node:zlib'
import type { Operation } from './bench-tools.ts'
import type { Finding } from './finding.ts'

const TOP = resolve(import.meta.dirname, '../..')
const MEGABYTES_MAX = 90

export const size: Operation = {
  operation: 'size',
  title: 'production files and Node, gzip',
  async measure(): Promise<Finding> {
    const { operation, title } = size
    const files = await packedBytes(TOP, ['dist', 'package.json', ...productionPackages()])
    const node = await packedBytes(dirname(process.execPath), [
      process.execPath.slice(dirname(process.execPath).length + 1),
    ])
    const megabytes = (files + node) / 1e6
    return {
      operation,
      title,
      measured: `${megabytes.toFixed(0)} MB (Node ${(node / 1e6).toFixed(0)})`,
      must: `≤ ${MEGABYTES_MAX} MB`,
      verdict: megabytes <= MEGABYTES_MAX ? 'met' : 'missed',
      faults: [],
    }
  },
}

/** As the lockfile says, without those that bring Node along, and only where they are for this machine. */
function productionPackages(): string[] {
  const { packages }: { packages: Record<string, { dev?: boolean; devOptional?: boolean }> } = JSON.parse(
    readFileSync(join(TOP, 'package-lock.json'), 'utf8'),
  )
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter((path) => !/^node_modules\/node-(bin-)?(linux|darwin|win)-/.test(path) && existsSync(join(TOP, path)))
}

async function packedBytes(folder: string, paths: readonly string[]): Promise<number> {
  const tar = spawn('tar', ['-c', '-f', '-', '-C', folder, ...paths], { stdio: ['ignore', 'pipe', 'inherit'] })
  let bytes = 0
  for await (const chunk of tar.stdout.pipe(createGzip())) bytes += chunk.length
  return bytes
}
