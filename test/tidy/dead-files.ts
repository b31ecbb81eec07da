import { dirname } from 'node:path/posix'
import { COMPOSITION_ROOTS, type House, isProduct, isTest, type Rule, steps } from './house.ts'
import { syntaxOf } from './syntax.ts'

export const noDeadFiles: Rule = {
  says: 'every file of the product is reached from src/main.ts or src/cli.ts',
  complaints: (house) => {
    const reached = reachable(house)
    return [...house.keys()]
      .filter((path) => isPartOfProduct(path) && !reached.has(path))
      .map((path) => `${path}: nothing that runs leads here: use it or remove it`)
  },
}

/** Style sheets and browser scripts too: whoever serves them names them. */
const isPartOfProduct = (path: string) =>
  isProduct(path) || (/^(src|interactions|adapters)\/.*\.(css|js|svg|json|sql)$/.test(path) && !isTest(path))

function reachable(house: House): Set<string> {
  const next = new Map<string, string[]>()
  for (const { from, to } of steps(house, isProduct)) next.set(from, [...(next.get(from) ?? []), to])
  const reached = new Set<string>()
  const waiting: string[] = COMPOSITION_ROOTS.filter((path) => house.has(path))
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    waiting.push(...(next.get(path) ?? []), ...namedBeside(house, path))
  }
  return reached
}

/** A worker or a style sheet is named in a string by a file of its folder, with or without its ending. */
function namedBeside(house: House, path: string): string[] {
  const text = house.get(path)
  if (text === undefined || !isProduct(path)) return []
  const folder = `${dirname(path)}/`
  const words = new Set(
    syntaxOf(path, text).nodes.map(({ type, fields }) => type === 'StringLiteral' && fields['value']),
  )
  return [...house.keys()].filter((other) => {
    if (dirname(other) !== dirname(path)) return false
    const name = other.slice(folder.length)
    return words.has(name) || words.has(`./${name}`) || words.has(name.replace(/\.[a-z]+$/, ''))
  })
}
