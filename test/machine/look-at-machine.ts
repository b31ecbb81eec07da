import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { findApache, findChromium, findNginx, findPostgres, findProgram } from '../support/installed.ts'
import { type Machine, NOTHING, REQUIREMENTS } from './requirements.ts'

const FONTS = '/usr/share/fonts/opentype/noto'
const ANSWER_MILLISECONDS = 5_000

/** What is on this machine, and what answers at the addresses that the environment gives. */
export async function lookAtMachine(environment: NodeJS.ProcessEnv): Promise<Machine> {
  const { TEST_DATABASE_URL: databaseUrl, TEST_REDIS_URL: redisUrl } = environment
  const programs = findPostgres()
  return {
    installed: {
      PostgreSQL: programs && versionOf(join(programs, 'postgres')),
      Redis: versionOf(findProgram('redis-server')),
      Chromium: versionOf(findChromium()),
      'Chinese fonts': chineseFonts(),
      OpenSSL: versionOf(findProgram('openssl'), 'version'),
      nginx: versionOf(findNginx(), '-v'),
      mod_auth_openidc: versionOf(findApache()?.program ?? null, '-v'),
    },
    answering: {
      ...NOTHING,
      PostgreSQL: databaseUrl ? await postgresVersion(databaseUrl) : null,
      Redis: redisUrl ? await redisVersion(redisUrl) : null,
    },
    given: new Set(REQUIREMENTS.flatMap(({ variable }) => (variable && environment[variable] ? [variable] : []))),
    hasApt: findProgram('apt-get') !== null,
    asRoot: waysToRoot(),
  }
}

function versionOf(program: string | null, word = '--version'): string | null {
  if (!program) return null
  // nginx says it to standard error.
  const { stdout, stderr } = spawnSync(program, [word], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return /\d+(\.\d+)*/.exec(stdout || stderr)?.[0] ?? null
}

/** Without glyphs for Chinese the browser draws boxes, and what a test looks at tells nothing. */
function chineseFonts(): string | null {
  const fontconfig = findProgram('fc-list')
  const listed = fontconfig && spawnSync(fontconfig, [':lang=zh-cn', 'family'], { encoding: 'utf8' }).stdout
  if (listed) return `(${listed.split(/[,\n]/)[0]})`
  try {
    return readdirSync(FONTS).some((name) => name.includes('CJK')) ? '(Noto CJK)' : null
  } catch {
    return null
  }
}

function waysToRoot(): readonly string[] | null {
  if (process.getuid?.() === 0) return []
  const { status } = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' })
  return status === 0 ? ['sudo', '-n'] : null
}

async function postgresVersion(url: string): Promise<string | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MILLISECONDS })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
    return rows[0]?.server_version ?? null
  } catch {
    return null
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function redisVersion(url: string): Promise<string | null> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: ANSWER_MILLISECONDS })
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    return /^redis_version:(.+)$/m.exec(await redis.info('server'))?.[1]?.trim() ?? null
  } catch {
    return null
  } finally {
    redis.disconnect()
  }
}
