/**
 * Compiles the sources into `dist/`, and lays whatever else they read (SQL, style sheets, browser scripts, JSON) into
 * the same places there, so that built code finds its files by the same relative paths. `npm start` builds first:
 * when nothing has changed since the last build, this only looks.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const ROOTS = ['src', 'interactions', 'adapters', 'examples', 'migrations']
/** What the outputs depend on besides the sources: settings, the types of dependencies, and this program. */
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build-tree.ts']
const DIST = 'dist'
const STAMP = `${DIST}/.stamp`
const COMPILER_MEMORY = `${DIST}/.tsbuildinfo`

export interface BuildPlan {
  /** Paths below `dist/` that the compiler writes. */
  compiled: string[]
  /** Files that are copied to the same path below `dist/`. */
  copied: string[]
}

export function buildTree(top: string): 'fresh' | 'built' | 'failed' {
  const sources = ROOTS.flatMap((root) => filesBelow(top, root))
  const stamp = stampOf(top, [...sources, ...SETTINGS])
  if (existsSync(join(top, STAMP)) && readFileSync(join(top, STAMP), 'utf8') === stamp) return 'fresh'

  // A build that breaks off leaves no stamp, so that the next one does not take it for whole.
  rmSync(join(top, STAMP), { force: true })
  const plan = planOf(sources)
  if (!compile(top, plan)) return 'failed'
  for (const path of plan.copied) copy(join(top, path), join(top, DIST, path))
  removeAllBut(top, plan)
  writeFileSync(join(top, STAMP), stamp)
  return 'built'
}

/** Tests and declarations leave nothing behind; other TypeScript is compiled; everything else is copied. */
export function planOf(sources: readonly string[]): BuildPlan {
  const product = sources.filter((path) => !/\.test\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
  const isTypeScript = (path: string) => /\.tsx?$/.test(path)
  return {
    compiled: product.filter(isTypeScript).flatMap((path) => {
      const output = path.replace(/\.tsx?$/, '.js')
      return [output, `${output}.map`]
    }),
    copied: product.filter((path) => !isTypeScript(path)),
  }
}

function compile(top: string, plan: BuildPlan): boolean {
  const isWhole = () => plan.compiled.every((path) => existsSync(join(top, DIST, path)))
  const run = () => {
    const compiler = join(top, 'node_modules/typescript/bin/tsc')
    const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
      cwd: top,
      stdio: 'inherit',
    })
    return status === 0
  }
  if (!run()) return false
  if (isWhole()) return true
  // The compiler remembers having written a file that somebody has removed since.
  rmSync(join(top, COMPILER_MEMORY), { force: true })
  return run()
}

function copy(from: string, to: string) {
  mkdirSync(dirname(to), { recursive: true })
  cpSync(from, to, { preserveTimestamps: true })
}

/** What was compiled or copied from a source that is gone must not be found by anything that still looks for it. */
function removeAllBut(top: string, plan: BuildPlan) {
  const wanted = new Set([...plan.compiled, ...plan.copied].map((path) => `${DIST}/${path}`)).add(COMPILER_MEMORY)
  for (const path of filesBelow(top, DIST)) if (!wanted.has(path)) rmSync(join(top, path))
}

/** Changes when a file comes, goes, grows, shrinks or is written. */
function stampOf(top: string, paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) {
    const { size, mtimeMs } = statSync(join(top, path))
    hash.update(`${path}\0${size}\0${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function filesBelow(top: string, root: string): string[] {
  if (!existsSync(join(top, root))) return []
  return readdirSync(join(top, root), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(top.length + 1))
    .sort()
}
