/** What the house lends to operators' commands: opened when a command asks for it. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import { dataFolderPermissions } from '../adapters/data-folder/permissions.ts'
import { createAuditLog } from '../adapters/postgres/audit.ts'
import type { Database } from '../adapters/postgres/database.ts'
import { describeServer } from '../adapters/postgres/describe-server.ts'
import { createKeyStore } from '../adapters/postgres/keys.ts'
import { createLastingData } from '../adapters/postgres/lasting.ts'
import { migrate, pendingMigrations } from '../adapters/postgres/migrate.ts'
import { openRedis } from '../adapters/redis/connect.ts'
import { createAuditTrail } from './audit/audit.ts'
import type { RestoreNeeds } from './backup/backup.ts'
import type { Examination, Powers } from './commands/commands.ts'
import { type Config, type ConfigReading, processEnvironment } from './config.ts'
import { keyConcerns } from './keys/keys.ts'
import { silentMetrics } from './metrics/metrics.ts'
import { MIGRATIONS, type OpenCampus } from './open-campus.ts'
import { ownVersion } from './own-version.ts'
import { systemClock, systemRandomness } from './system.ts'

const DISCOVERY_MILLISECONDS = 5_000

/** What a command stands on: opened for it, or borrowed from the server inside which it runs. */
export interface Ground {
  reading(): ConfigReading
  /**
   * Whether the embedded database is still to be made, as it was when this was first asked: whoever looks then takes no
   * lock, and must not open what another process has made since.
   */
  isNew(): boolean
  open(): Promise<Pick<OpenCampus, 'campus' | 'database'>>
  /** The database as it is, before migrations. */
  database(): Promise<Database>
  serve(): Promise<void>
  /** Whether this is the ground of a server, which a restore would pull away. */
  isBorrowed: boolean
}

/** A database that is still to be made has no history. */
const NO_DATABASE: Parameters<typeof pendingMigrations>[0] = { query: async () => [] }

export function powersOn(ground: Ground, log: Logger): Powers {
  const { reading, isNew, open, database, serve: run } = ground
  return {
    version: ownVersion(),
    campus: async () => (await open()).campus,
    auditLog: async () => createAuditLog((await open()).database),
    migrations: async () => {
      return {
        pending: async () => pendingMigrations(isNew() ? NO_DATABASE : await database(), { folder: MIGRATIONS }),
        apply: async () => (await migrate(await database(), { folder: MIGRATIONS, log })).applied,
      }
    },
    lasting: async () => createLastingData((await open()).database, { folder: MIGRATIONS }),
    restoring: async () => {
      if (ground.isBorrowed) throw serverRunning()
      return restoringOn(await database(), reading().config, log)
    },
    examination: examinationOn({ reading, isNew, database }, log),
    serve: run,
    environment: processEnvironment(),
    pause: async (milliseconds, signal) => {
      await wait(milliseconds, undefined, { signal }).catch(() => undefined)
    },
  }
}

function restoringOn(on: Database, config: Config, log: Logger): RestoreNeeds {
  const lasting = createLastingData(on, { folder: MIGRATIONS })
  const [clock, random] = [systemClock, systemRandomness]
  // The schema may not be there yet: this trail serves acts alone, which bring their own log.
  const { act } = createAuditTrail({ log: createAuditLog(on), clock, random, logger: log, metrics: silentMetrics })
  return { config, clock, lasting, act }
}

function serverRunning(): Error {
  const message = 'The server runs on this data folder: stop it, and try again.'
  return Object.assign(new Error(message), { code: 'server_running' })
}

function examinationOn(
  { reading, isNew, database }: Pick<Ground, 'reading' | 'isNew' | 'database'>,
  log: Logger,
): Examination {
  return {
    nodeVersion: process.versions.node,
    configuration: reading,
    dataFolder: async ({ dataDir }) => dataFolderPermissions(dataDir),
    database: async (config) => {
      if (isNew()) return null
      const on = await database()
      const before = systemClock().getTime()
      const { version, clock } = await describeServer(on)
      const middle = (before + systemClock().getTime()) / 2
      const pending = await pendingMigrations(on, { folder: MIGRATIONS })
      const keys = pending.length > 0 ? [] : await createKeyStore(on).list()
      return {
        version,
        aheadMilliseconds: clock.getTime() - middle,
        pendingMigrations: pending,
        keys: keys.length === 0 ? null : keyConcerns(keys, config, systemClock()),
      }
    },
    redis: async (config) => {
      if (config.redis === null) throw new Error('there is none')
      const redis = await openRedis(config.redis, log)
      try {
        const [version, policy] = [await redis.version(), await redis.evictionPolicy()]
        return { version, policy, replicas: await redis.replicas() }
      } finally {
        await redis.close()
      }
    },
    discoveredIssuer: async ({ issuer }) => {
      const address = `${issuer}/.well-known/openid-configuration`
      const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(DISCOVERY_MILLISECONDS) })
      if (!answer.ok) throw new Error(`it answers with status ${answer.status}`)
      const document: unknown = await answer.json()
      if (typeof document !== 'object' || document === null || !('issuer' in document)) throw new Error('it names none')
      return String(document.issuer)
    },
  }
}
