/**
 * Packages with native code come in one optional package for each platform. Where a registry lacks some of them, npm
 * leaves them out of the lockfile, and then `npm ci` refuses that lockfile everywhere. So each gets an entry that tells
 * npm which platform it is for: every other platform skips it without asking a registry. It has no integrity until an
 * `npm install` at a registry that has the package writes one.
 */
interface Lockfile {
  packages: Record<string, LockedPackage>
}

interface LockedPackage {
  version?: string
  dev?: boolean
  optionalDependencies?: Record<string, string>
}

interface MissingPackage {
  name: string
  version: string
  dev: boolean
}

const SYSTEM =
  /(?:^|[-/])(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x|loong64)/

export function missingFromLockfile({ packages }: Lockfile): MissingPackage[] {
  const locked = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)))
  return Object.values(packages).flatMap(({ optionalDependencies = {}, dev = false }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !locked.has(name))
      .map(([name, version]) => ({ name, version, dev })),
  )
}

export function completeLockfile(text: string): string {
  const lockfile: Lockfile = JSON.parse(text)
  const added = missingFromLockfile(lockfile).map((missing) => [`node_modules/${missing.name}`, entryOf(missing)])
  const packages = Object.fromEntries([...Object.entries(lockfile.packages), ...added].sort(byPath))
  return `${JSON.stringify({ ...lockfile, packages }, null, 2)}\n`
}

function entryOf({ name, version, dev }: MissingPackage) {
  const [, system, processor] = SYSTEM.exec(name) ?? []
  if (!system || !processor) throw new Error(`${name} does not say which platform it is for: write its entry by hand`)
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error(`${name} ${version} is no exact version: write its entry by hand`)
  return {
    version,
    cpu: [processor],
    ...(dev && { dev }),
    ...(system === 'linux' && { libc: [name.includes('musl') ? 'musl' : 'glibc'] }),
    optional: true,
    os: [system],
  }
}

const byPath = ([one = '']: unknown[], [other = '']: unknown[]) => (String(one) < String(other) ? -1 : 1)
