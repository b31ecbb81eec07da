/** The steps of the Dockerfile, carried out; and what they lay out, run as the image would run it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type LaidOutImage, layOutImage } from '../../scripts/lay-out-image.ts'
import { freePort } from '../support/free-port.ts'
import { type FreshDatabase, type FreshRedis, freshDatabase, freshRedis } from '../support/fresh-stores.ts'
import { until } from '../support/until.ts'

const TOP = resolve(import.meta.dirname, '../..')
const MINUTES = 60_000

let into: string
let image: LaidOutImage
let database: FreshDatabase
let redis: FreshRedis

beforeAll(async () => {
  // Whoever runs what is in here is somebody else.
  into = mkdtempSync(join(tmpdir(), 'campus-id-image-'))
  chmodSync(into, 0o755)
  mkdirSync(join(into, 'stages'))
  image = layOutImage({ top: TOP, into: join(into, 'stages') })
  database = await freshDatabase()
  redis = await freshRedis()
}, 5 * MINUTES)
afterAll(async () => {
  await redis?.close()
  await database?.drop()
  rmSync(into, { recursive: true, force: true })
})

const filesOf = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()

test('the image holds what production needs and nothing else: no tool, no test, no second Node.js', () => {
  expect(readdirSync(image.folder).toSorted()).toEqual(['clients.json', 'dist', 'node_modules', 'package.json'])
  const { packages } = JSON.parse(readFileSync(join(TOP, 'package-lock.json'), 'utf8'))
  const installed = filesOf(image.folder).filter((path) => /node_modules\/(@[^/]+\/)?[^/.@][^/]*$/.test(path))
  expect(installed.length).toBeGreaterThan(50)
  for (const path of installed) {
    // A folder inside of a package may be called like this too.
    if (existsSync(join(image.folder, path, 'package.json')) && packages[path])
      expect([path, packages[path].dev]).toEqual([path, undefined])
  }
  const { devDependencies, optionalDependencies } = JSON.parse(readFileSync(join(TOP, 'package.json'), 'utf8'))
  for (const name of [...Object.keys(devDependencies), ...Object.keys(optionalDependencies)])
    expect([name, existsSync(join(image.folder, 'node_modules', name))]).toEqual([name, false])
  expect(filesOf(join(image.folder, 'dist')).filter((path) => path.includes('.test.'))).toEqual([])
})

test(
  'it runs as its numbered user, writes nothing, finds itself healthy, and ends when it is told',
  async () => {
    const [uid, gid] = image.user.split(':').map(Number)
    const isRoot = process.getuid?.() === 0
    // The Node.js of the base image: ours may lie where nobody else can enter.
    const node = join(into, 'node')
    copyFileSync(process.execPath, node)
    spawnSync('chmod', ['-R', 'a-w,a+rX', join(into, 'stages')])
    const secrets = join(into, 'secrets')
    spawnSync(join(TOP, 'deploy/make-secrets.sh'), [secrets], { stdio: 'inherit' })
    for (const [name, text] of [
      ['database_url', database.url],
      ['redis_url', redis.url],
    ] as const) {
      rmSync(join(secrets, name))
      writeFileSync(join(secrets, name), text, { mode: 0o444 })
    }
    // As a container sees them: each file is there, and not the folder that keeps others out.
    chmodSync(secrets, 0o755)
    const port = await freePort()
    const environment = {
      PATH: into,
      ...image.environment,
      ISSUER: 'https://id.example.edu',
      TRUSTED_PROXIES: '172.30.64.2/32',
      PORT: String(port),
      METRICS_PORT: String(await freePort()),
      ...Object.fromEntries(
        readdirSync(secrets)
          .map((name) => [`${name.toUpperCase()}_FILE`, join(secrets, name)])
          .filter(([name]) =>
            /^(DATABASE_URL|REDIS_URL|KEY_ENCRYPTION_KEY|PASSWORD_PEPPER|DOCUMENT_HMAC_KEY)_FILE$/.test(name ?? ''),
          ),
      ),
    }
    const how = { cwd: image.folder, env: environment, ...(isRoot && { uid: uid ?? 1, gid: gid ?? 1 }) }
    const before = filesOf(image.folder)
    const run = ([program = '', ...rest]: readonly string[]) =>
      spawn(join(into, program), rest, { ...how, stdio: ['ignore', 'pipe', 'pipe'] })
    const server = run(image.command)
    let said = ''
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (said += String(chunk)))
    const isHealthy = async () => (await codeOf(run(image.healthcheck))) === 0
    await until(
      'the image is healthy',
      () => {
        if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}:\n${said}`)
        return isHealthy()
      },
      { seconds: 60 },
    )
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect(await answer.json()).toEqual({ state: 'ready', stores: { database: 'up', redis: 'up' } })
    if (isRoot)
      expect(readFileSync(`/proc/${server.pid}/status`, 'utf8')).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}`, 'm'))
    server.kill('SIGTERM')
    expect(await codeOf(server)).toBe(0)
    expect(await isHealthy()).toBe(false)
    expect(filesOf(image.folder)).toEqual(before)
  },
  3 * MINUTES,
)

async function codeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}
