import { type Config, ConfigError, type ConfigReading } from '../config.ts'
import { checkRedisPolicy, isLoopback } from '../config-rules.ts'
import { addressOf } from '../http/listen.ts'
import { plain } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, json, moment, type Surroundings } from './command.ts'
import { messageOf } from './explain.ts'
import type { DatabaseState, Examination } from './powers.ts'

/** One look at one thing. `advice` says what to do; null where nothing is to be done. */
interface Finding {
  what: string
  state: 'good' | 'doubtful' | 'bad'
  found: string
  advice: string | null
}

const POSTGRES_MAJOR_MIN = 15
const REDIS_MAJOR_MIN = 7
const REPLICAS_ADVICE = 'connect the replicas, or lower REDIS_WAIT_REPLICAS: until then nobody can sign in'
/** Tokens are judged by the clock: relying parties forgive a few seconds. */
const CLOCK_MILLISECONDS = { doubtful: 1_000, bad: 5_000 }
const MARKS = { good: '✓', doubtful: '!', bad: '✗' }
const WHAT_WIDTH = 15

export const addDoctor: AddCommand = (to, act) => {
  to.command('doctor')
    .summary('examines the installation')
    .description(
      'Examines the installation: configuration, Node, database, Redis, data folder, clocks, and the discovery ' +
        'document as relying parties see it. Exit code 1 when something is wrong.',
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(act(examine))
}

async function examine({ terminal, powers }: Surroundings, options: { json?: true }): Promise<ExitCode> {
  const findings = await findAll(powers.examination)
  if (options.json) terminal.out(json(findings))
  else terminal.out(findings.map(describe).join(''))
  return findings.some(({ state }) => state === 'bad') ? EXIT.failed : EXIT.ok
}

function describe({ what, state, found, advice }: Finding): string {
  const head = `${MARKS[state]} ${what.padEnd(WHAT_WIDTH)} ${plain(found)}\n`
  return advice === null ? head : `${head}  ${' '.repeat(WHAT_WIDTH)} → ${advice}\n`
}

async function findAll(examination: Examination): Promise<Finding[]> {
  let reading: ConfigReading
  try {
    reading = examination.configuration()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.mistakes.map(({ variable, expected }) => bad('Configuration', variable, `expected: ${expected}`))
  }
  const { config, warnings } = reading
  const rest = await Promise.all([
    examineFolder(examination, config),
    examineDatabase(examination, config),
    examineRedis(examination, config),
    examineDiscovery(examination, config),
  ])
  return [
    good('Node.js', examination.nodeVersion),
    good('Configuration', `${config.profile}, ${config.issuer}`),
    ...warnings.map((warning) => doubtful('Configuration', warning, null)),
    ...rest.flat(),
    ...examineMetrics(config),
  ]
}

async function examineFolder({ dataFolder }: Examination, config: Config): Promise<Finding[]> {
  const what = 'Data folder'
  const found = await dataFolder(config)
  if (found === null) {
    if (config.profile !== 'demo') return [good(what, `${config.dataDir} (not made yet)`)]
    return [doubtful(what, `${config.dataDir} is not there yet`, 'the first start makes it')]
  }
  const open = Object.entries(found.secretModes).filter(([, mode]) => (mode & 0o077) !== 0)
  if (open.length > 0) {
    const names = open.map(([name]) => name).join(', ')
    return [bad(what, `others may read ${names}`, `chmod 600 the files in ${config.dataDir}/secrets`)]
  }
  if ((found.mode & 0o022) !== 0) {
    return [bad(what, `others may write to ${config.dataDir}`, `chmod 700 ${config.dataDir}`)]
  }
  return [good(what, config.dataDir)]
}

function examineMetrics({ metrics }: Config): Finding[] {
  const what = 'Metrics'
  if (metrics === null) return []
  const found = `http://${addressOf(metrics.host, metrics.port)}/metrics`
  if (isLoopback(metrics.host)) return [good(what, found)]
  const advice = 'let your Prometheus reach it and nobody else: it tells how many sign in where, and needs no password'
  return [doubtful(what, `${found} is open to the network`, advice)]
}

async function examineDatabase({ database }: Examination, config: Config): Promise<Finding[]> {
  const what = config.database.kind === 'embedded' ? 'PGlite' : 'PostgreSQL'
  try {
    const there = await database(config)
    if (there === null) return [doubtful(what, 'there is none yet', 'the first start makes it')]
    const { version, aheadMilliseconds, pendingMigrations } = there
    const major = Math.floor(version / 10_000)
    const number = `${major}.${version % 10_000}`
    const difference = Math.abs(aheadMilliseconds)
    const seconds = (difference / 1_000).toFixed(1)
    return [
      major < POSTGRES_MAJOR_MIN ? bad(what, number, `use version ${POSTGRES_MAJOR_MIN} or newer`) : good(what, number),
      pendingMigrations.length > 0
        ? doubtful('Migrations', `pending: ${pendingMigrations.join(', ')}`, 'campus-id migrate, or the next start')
        : good('Migrations', 'up to date'),
      difference <= CLOCK_MILLISECONDS.doubtful
        ? good('Clock', 'as in the database')
        : (difference <= CLOCK_MILLISECONDS.bad ? doubtful : bad)(
            'Clock',
            `the database is ${seconds} s ${aheadMilliseconds > 0 ? 'ahead' : 'behind'}`,
            'have both machines follow one time source (chrony, systemd-timesyncd)',
          ),
      ...examineKeys(there.keys),
    ]
  } catch (error) {
    const advice = 'does it run, and does DATABASE_URL name it with the right password?'
    return [bad(what, messageOf(error), config.database.kind === 'embedded' ? null : advice)]
  }
}

function examineKeys(concerns: DatabaseState['keys']): Finding[] {
  const what = 'Keys'
  if (concerns === null) return [good(what, 'not made yet')]
  if (concerns.length === 0) return [good(what, 'rotated in time, sealed by the present secret')]
  return concerns.map((concern) => {
    if (concern.kind === 'overdue') {
      const option = concern.purpose === 'cookies' ? '--cookies' : `--alg ${concern.purpose}`
      const found = `the next one for ${concern.purpose} was due by ${moment(concern.since)}`
      return doubtful(what, found, `does a server run? Or: campus-id keys rotate ${option}`)
    }
    const found = `${concern.count} sealed by '${concern.sealedBy}'`
    return concern.kind === 'sealed_before'
      ? doubtful(what, `${found}, which is not the first of KEY_ENCRYPTION_KEY`, 'campus-id keys reseal')
      : bad(what, `${found}, which KEY_ENCRYPTION_KEY does not hold`, 'add it again behind the others')
  })
}

async function examineRedis({ redis }: Examination, config: Config): Promise<Finding[]> {
  if (config.redis === null) return [good('Redis', 'none: what expires is kept in the database')]
  try {
    const { version, policy, replicas } = await redis(config)
    const { waitReplicas } = config.redis
    const mistake = checkRedisPolicy(policy)
    return [
      Number.parseInt(version, 10) < REDIS_MAJOR_MIN
        ? bad('Redis', version, `use version ${REDIS_MAJOR_MIN} or newer`)
        : good('Redis', version),
      mistake === null
        ? good('Redis memory', policy)
        : (config.profile === 'demo' ? doubtful : bad)('Redis memory', policy, 'set maxmemory-policy to noeviction'),
      ...(waitReplicas === 0
        ? []
        : [
            replicas >= waitReplicas
              ? good('Redis replicas', `${replicas} connected, ${waitReplicas} waited for`)
              : bad('Redis replicas', `${replicas} connected, ${waitReplicas} waited for`, REPLICAS_ADVICE),
          ]),
    ]
  } catch (error) {
    return [bad('Redis', messageOf(error), 'does it run, and does REDIS_URL name it with the right password?')]
  }
}

async function examineDiscovery({ discoveredIssuer }: Examination, config: Config): Promise<Finding[]> {
  const what = 'Public address'
  try {
    const issuer = await discoveredIssuer(config)
    if (issuer === config.issuer) return [good(what, `${config.issuer} answers`)]
    return [bad(what, `it names the issuer ${issuer}`, 'another server answers there: look at ISSUER and the proxy')]
  } catch (error) {
    const advice = 'does the server run, and does the proxy lead there? From this machine the address may be closed'
    return [bad(what, `${config.issuer}: ${messageOf(error)}`, advice)]
  }
}

function good(what: string, found: string): Finding {
  return { what, state: 'good', found, advice: null }
}

function doubtful(what: string, found: string, advice: string | null): Finding {
  return { what, state: 'doubtful', found, advice }
}

function bad(what: string, found: string, advice: string | null): Finding {
  return { what, state: 'bad', found, advice }
}
