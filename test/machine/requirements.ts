/** What the tests need of a machine, and what to do about what is missing. Decides only: prepare.ts looks and acts. */

export type RequirementName =
  | 'PostgreSQL'
  | 'Redis'
  | 'Chromium'
  | 'Chinese fonts'
  | 'OpenSSL'
  | 'nginx'
  | 'mod_auth_openidc'

export interface Requirement {
  name: RequirementName
  /** The Debian package that brings it. */
  debianPackage: string
  /** null: any version will do. */
  oldestMajor: number | null
  /** The variable that names a server to use instead. */
  variable: string | null
}

export const REQUIREMENTS: readonly Requirement[] = [
  { name: 'PostgreSQL', debianPackage: 'postgresql', oldestMajor: 15, variable: 'TEST_DATABASE_URL' },
  { name: 'Redis', debianPackage: 'redis-server', oldestMajor: 7, variable: 'TEST_REDIS_URL' },
  { name: 'Chromium', debianPackage: 'chromium', oldestMajor: null, variable: null },
  { name: 'Chinese fonts', debianPackage: 'fonts-noto-cjk', oldestMajor: null, variable: null },
  // Signs the certificate of the journey over TLS.
  { name: 'OpenSSL', debianPackage: 'openssl', oldestMajor: null, variable: null },
  // The proxy of deploy/nginx.
  { name: 'nginx', debianPackage: 'nginx-light', oldestMajor: null, variable: null },
  // A relying party that no one here wrote; it brings Apache's programs along, and not their service.
  { name: 'mod_auth_openidc', debianPackage: 'libapache2-mod-auth-openidc', oldestMajor: null, variable: null },
]

/** As found on the machine, or behind the variable; null where there is none. A version begins with its number. */
export type Found = Readonly<Record<RequirementName, string | null>>

export const NOTHING: Found = {
  PostgreSQL: null,
  Redis: null,
  Chromium: null,
  'Chinese fonts': null,
  OpenSSL: null,
  nginx: null,
  mod_auth_openidc: null,
}

export interface Machine {
  /** Installed on this machine. */
  installed: Found
  /** Answers at the address that the requirement's variable gives; null also where that variable is not set. */
  answering: Found
  /** Variables that are set. */
  given: ReadonlySet<string>
  hasApt: boolean
  /** How we may become root: we are, or sudo asks no password; null: we may not. */
  asRoot: readonly string[] | null
}

export interface Plan {
  /** A line for each requirement that is met. */
  met: string[]
  /** Commands that install the rest; empty when nothing is missing, or when we may not. */
  run: string[][]
  /** Why the tests cannot run, each with what to do; empty when they can, or when `run` sees to it. */
  complaints: string[]
}

export function plan(machine: Machine): Plan {
  const answers = REQUIREMENTS.map((requirement) => ({ requirement, ...look(requirement, machine) }))
  const met = answers.flatMap(({ found }) => (found === null ? [] : [found]))
  const unusable = answers.flatMap(({ complaint }) => (complaint === null ? [] : [complaint]))
  const missing = answers.filter(({ found, complaint }) => found === null && complaint === null)
  const packages = missing.map(({ requirement }) => requirement.debianPackage)
  if (unusable.length > 0 || packages.length === 0) return { met, run: [], complaints: unusable }
  if (!machine.hasApt) {
    const names = missing.map(({ requirement }) => spell(requirement)).join(', ')
    return { met, run: [], complaints: [`missing, please install and put on PATH: ${names}`] }
  }
  if (!machine.asRoot) {
    const line = commands(['sudo'], packages).map((words) => words.join(' '))
    return { met, run: [], complaints: [`missing, please run: ${line.join(' && ')}`] }
  }
  return { met, run: commands(machine.asRoot, packages), complaints: [] }
}

/** Neither: it is not there, and may be installed. */
type Look = { found: string; complaint: null } | { found: null; complaint: string | null }

function look(requirement: Requirement, machine: Machine): Look {
  const { name, variable, oldestMajor } = requirement
  const isGiven = variable !== null && machine.given.has(variable)
  const version = isGiven ? machine.answering[name] : machine.installed[name]
  const where = isGiven ? ` at ${variable}` : ''
  if (version === null) return { found: null, complaint: isGiven ? `${name}: nothing answers${where}` : null }
  const isTooOld = oldestMajor !== null && Number.parseInt(version, 10) < oldestMajor
  if (isTooOld) return { found: null, complaint: `${name}${where} is ${version}: ${oldestMajor} or newer is needed` }
  return { found: `${name} ${version}${where}`, complaint: null }
}

const spell = ({ name, oldestMajor }: Requirement) => (oldestMajor === null ? name : `${name} ${oldestMajor} or newer`)

function commands(asRoot: readonly string[], packages: readonly string[]): string[][] {
  const apt = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  return [
    [...apt, 'update', '--quiet=2'],
    [...apt, 'install', '--yes', '--quiet=2', '--no-install-recommends', ...packages],
  ]
}
