import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import { type Import, syntaxOf } from './syntax.ts'

/** Every text file of the repository, by its path from the top. */
export type House = ReadonlyMap<string, string>

/** A rule of ARCHITECTURE.md, and a complaint for each breach of it: where, what is wrong, what to do instead. */
export interface Rule {
  says: string
  complaints(house: House): string[]
}

const NOT_OURS = /(^|\/)(node_modules|dist|data|coverage|\.git|\.claude)(\/|$)/
const BINARY = /\.(png|jpe?g|gif|ico|webp|woff2?|pdf)$/

export function readHouse(top: string): House {
  const paths = readdirSync(top, { withFileTypes: true })
    .filter(({ name }) => !NOT_OURS.test(name))
    .flatMap((entry) => (entry.isDirectory() ? below(top, entry.name) : [entry.name]))
  return new Map(
    paths.filter((path) => !BINARY.test(path)).map((path) => [path, readFileSync(join(top, path), 'utf8')]),
  )
}

function below(top: string, folder: string): string[] {
  return readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(top, '/').length))
    .filter((path) => !NOT_OURS.test(path))
}

export const isScript = (path: string) => /\.tsx?$/.test(path)
export const isTest = (path: string) => /\.test\.tsx?$/.test(path)
/** What runs at the university: no tests, no tools. */
export const isProduct = (path: string) =>
  /^(src|interactions|adapters)\//.test(path) && isScript(path) && !isTest(path)
/** The only places that put the house together. */
export const COMPOSITION_ROOTS: readonly string[] = [
  'src/main.ts',
  'src/open-campus.ts',
  'src/open-observation.ts',
  'src/server-metrics.ts',
  'src/command-powers.ts',
  'src/command-line.ts',
  'src/primary.ts',
  'src/system.ts',
  'src/cli.ts',
]
export const isCompositionRoot = (path: string) => COMPOSITION_ROOTS.includes(path)

export function scripts(house: House, wanted: (path: string) => boolean): [path: string, text: string][] {
  return [...house].filter(([path]) => isScript(path) && wanted(path))
}

/** `src/audit/trail.ts` stands in `src/audit`; a file that lies directly in `src` stands in `src`. */
export const roomOf = (path: string) => path.split('/').slice(0, -1).slice(0, 2).join('/')
export const doorsOf = (room: string) => ['ts', 'tsx'].map((ending) => `${room}/${room.split('/').at(-1)}.${ending}`)

export interface Step extends Import {
  from: string
  /** A path from the top, or the name of a package. */
  to: string
}

/** Every import of the files that are wanted. */
export function steps(house: House, wanted: (path: string) => boolean): Step[] {
  return scripts(house, wanted).flatMap(([from, text]) =>
    syntaxOf(from, text).imports.map((found) => ({
      ...found,
      from,
      to: found.target.startsWith('.') ? normalize(join(dirname(from), found.target)) : found.target,
    })),
  )
}
