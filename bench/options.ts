import { parseArgs } from 'node:util'
import { type Effort, FULL, QUICK } from './operations/bench-tools.ts'

export interface Options {
  effort: Effort
  /** Only the operations whose names contain one of these; empty: all. */
  only: readonly string[]
  json: boolean
  /** Nothing is kept of a quick run, or of a part of one. */
  keep: boolean
}

export const USAGE = `npm run bench -- [options]

  --quick              fewer and shorter windows: three minutes, for a look while you work
  --only <word>        the operations whose names contain the word; can be given several times
  --foreign-max <n>    the share of the processors that others may use (0.1)
  --json               the results as JSON, and nothing else, on standard output
  --help               this
`

/** Throws what is wrong with the words, for whoever typed them. */
export function readOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      'foreign-max': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const { quick, only, json } = values
  const effort = quick ? QUICK : FULL
  const foreignMax = values['foreign-max'] === undefined ? effort.foreignMax : Number(values['foreign-max'])
  if (!(foreignMax >= 0 && foreignMax <= 1)) throw new Error('--foreign-max is a share from 0 to 1, such as 0.1')
  return { effort: { ...effort, foreignMax }, only, json, keep: !quick && only.length === 0 }
}
