/** The other end of a command: how it speaks and asks, and how words stand on a screen. */

export { closestName } from './closest-name.ts'
export { localTerminal } from './local-terminal.ts'
export { plain, table, widthOf } from './table.ts'

/** A terminal, a pipe, or either of them reached through the server's control socket. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** One line from whoever sits there; null where nobody does, or they have left. `hidden` shows nothing of it. */
  ask(question: string, options: { hidden: boolean }): Promise<string | null>
  /** All that is piped in. */
  input(): Promise<string>
  /** Paths that the operator types start here. */
  folder: string
  /** The name of their account on this machine; stands in the audit as `operator:<name>`. */
  operator: string
  /** Aborted when they leave. */
  signal: AbortSignal
}
