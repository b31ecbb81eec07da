/** What holds for the repository as a whole: packages, migrations, and what must never be in a file. */
import { basename } from 'node:path/posix'
import { missingFromLockfile } from '../../scripts/lockfile.ts'
import { type House, isProduct, type Rule } from './house.ts'

/** They would like to run code while they are installed; .npmrc forbids it, and they work without. */
const WITH_INSTALL_SCRIPT = new Set(['@parcel/watcher', '@swc/core', 'argon2'])

export const packages: Rule = {
  says: 'packages are pinned exactly, come from no named host, and run nothing while they are installed',
  complaints: (house) => [...manifestProblems(house), ...lockfileProblems(house)],
}

function manifestProblems(house: House): string[] {
  const manifest = JSON.parse(house.get('package.json') ?? '{}')
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  const loose = Object.entries(wanted)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)))
    .map(([name, version]) => `package.json: ${name} ${version}: pin one version (npm install --save-exact)`)
  const areScriptsOff = /^ignore-scripts=true$/m.test(house.get('.npmrc') ?? '')
  return areScriptsOff ? loose : [...loose, '.npmrc: ignore-scripts=true has to stay']
}

function lockfileProblems(house: House): string[] {
  const lockfile = JSON.parse(house.get('package-lock.json') ?? '{ "packages": {} }')
  const missing = missingFromLockfile(lockfile).map(
    ({ name }) => `package-lock.json: ${name} is missing, so npm ci refuses it: run node scripts/complete-lockfile.ts`,
  )
  const problems = Object.entries<Record<string, unknown>>(lockfile.packages).flatMap(([path, entry]) => {
    if (path === '') return []
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const problems = []
    if (entry['resolved']) problems.push('names a host: run npm with omit-lockfile-registry-resolved=true')
    // scripts/lockfile.ts adds the packages of other platforms where the registry lacks them.
    if (!entry['integrity'] && !entry['optional']) problems.push('has no integrity: install it from a registry')
    if (entry['hasInstallScript'] && !WITH_INSTALL_SCRIPT.has(name)) {
      problems.push('has an install script: find out whether it works without, then list it in test/tidy/repository.ts')
    }
    return problems.map((problem) => `package-lock.json: ${name} ${problem}`)
  })
  return [...missing, ...problems]
}

export const migrations: Rule = {
  says: 'migrations are numbered without gaps, and leave transactions to the one that runs them',
  complaints: (house) => {
    const paths = [...house.keys()].filter((path) => path.startsWith('migrations/')).sort()
    return paths.flatMap((path, index) => {
      const expected = String(index + 1).padStart(4, '0')
      if (!new RegExp(`^${expected}(-[a-z0-9]+)+\\.sql$`).test(basename(path))) {
        return [`${path}: expected ${expected}-<words>.sql: numbers follow each other`]
      }
      const ownTransaction = /^\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\s*;/im.test(house.get(path) ?? '')
      return ownTransaction ? [`${path}: each file runs in one transaction already`] : []
    })
  },
}

const MACHINE_PATH = /(?<![\w.:/-])\/(home|root|Users|work|workspace)\//
const TEMPORARY_PATH = /(?<![\w.:/-])\/(var\/)?tmp\b/
const REGISTRY = /\bhttps?:\/\/(registry|npm|mirrors?)\.|\bnpmmirror\b/

export const noMachine: Rule = {
  says: 'no file names a path of one machine or the host of a package registry',
  complaints: (house) =>
    [...house]
      .filter(([path]) => !path.startsWith('test/tidy'))
      .flatMap(([path, text]) =>
        text.split('\n').flatMap((line, index) => {
          if (MACHINE_PATH.test(line)) return [`${path}:${index + 1}: a path of one machine: make it relative`]
          if (REGISTRY.test(line)) return [`${path}:${index + 1}: whoever installs chooses the registry`]
          const isTemporary = isProduct(path) && TEMPORARY_PATH.test(line)
          return isTemporary ? [`${path}:${index + 1}: ask node:os for tmpdir(), or use the data folder`] : []
        }),
      ),
}
