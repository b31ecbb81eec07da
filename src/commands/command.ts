import { type Command, InvalidArgumentError } from 'commander'
import type { Terminal } from '../terminal/terminal.ts'
import type { Powers } from './powers.ts'

export const EXIT = {
  ok: 0,
  failed: 1,
  /** What was typed, or the configuration, cannot be understood. */
  usage: 2,
  /** By a rule, or by the person who was asked. */
  refused: 3,
  /** PostgreSQL, Redis or the data folder cannot be reached: the same command may work later. */
  unavailable: 4,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export interface Surroundings {
  terminal: Terminal
  powers: Powers
}

/** Makes a commander action of what a command does with its arguments and options. */
export type Act = <Parameters extends unknown[]>(
  work: (surroundings: Surroundings, ...parameters: Parameters) => Promise<ExitCode>,
) => (...parameters: Parameters) => Promise<void>

/** Each command adds itself below its noun. */
export type AddCommand = (to: Command, act: Act) => void

/** Asks before something is destroyed. `--yes` has answered already; where nobody can be asked, the answer is no. */
export async function confirmed(terminal: Terminal, question: string, { yes }: { yes?: true }): Promise<boolean> {
  if (yes) return true
  const answer = await terminal.ask(`${question} [y/N] `, { hidden: false })
  if (answer === null) {
    terminal.err(`${question}\nNobody is there to answer: nothing was changed. Repeat with --yes to mean it.\n`)
    return false
  }
  const isYes = /^\s*(y|yes|是)\s*$/i.test(answer)
  if (!isYes) terminal.err('Nothing was changed.\n')
  return isYes
}

export function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
  }
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** To the second, in UTC: `2026-09-01T08:00:00Z`. */
export function moment(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** The lines of a command's help that show how it is typed. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ campus-id ${line}`).join('\n')}\n`
}
