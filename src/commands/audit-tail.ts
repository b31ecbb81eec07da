import { type AuditFilter, type AuditRow, verifyTrail } from '../audit/audit.ts'
import { plain } from '../terminal/terminal.ts'
import { type AddCommand, EXIT, type ExitCode, examples, type Surroundings, wholeNumber } from './command.ts'

interface Options {
  limit: number
  follow?: true
  verify?: true
  event?: string
  subject?: string
  json?: true
}

const FOLLOW_MILLISECONDS = 1_000
/** Writers commit on their own: a row may appear after one that is younger. */
const OVERLAP_MILLISECONDS = 10_000
const FOLLOW_ROWS_MAX = 1_000

export const addAuditTail: AddCommand = (to, act) => {
  to.command('tail')
    .summary('shows what happened last')
    .description('Shows what happened last, the newest at the end.')
    .option('-n, --limit <count>', 'how many rows', wholeNumber(1, FOLLOW_ROWS_MAX), 20)
    .option('-f, --follow', 'go on with what happens now')
    .option('--event <name>', 'only this event, such as sign-in.completed')
    .option('--subject <who>', 'only what concerned them, such as person:<uuid> or client:<id>')
    .option('--verify', 'walk every chain from its start instead, and say whether a row is missing or was altered')
    .option('--json', 'print a JSON object a line')
    .addHelpText('after', examples('audit tail -f', 'audit tail --event sign-in.refused --json', 'audit tail --verify'))
    .action(act(tail))
}

async function tail(surroundings: Surroundings, options: Options): Promise<ExitCode> {
  if (options.verify) return verify(surroundings, options)
  const { terminal, powers } = surroundings
  const { audit } = await powers.campus()
  const show = (rows: AuditRow[]) => {
    for (const row of rows) terminal.out(`${options.json ? JSON.stringify(readable(row)) : line(row)}\n`)
  }
  const { limit, event, subject } = options
  const filter: AuditFilter = { limit, ...(event && { event }), ...(subject && { subject }) }
  // What follows must know all that came before, also what is not shown.
  const latest = (await audit.latest(options.follow ? { ...filter, limit: FOLLOW_ROWS_MAX } : filter)).reverse()
  show(latest.slice(-limit))
  if (!options.follow) return EXIT.ok

  let shown = new Map(latest.map((row) => [keyOf(row), row]))
  for (;;) {
    await powers.pause(FOLLOW_MILLISECONDS, terminal.signal)
    if (terminal.signal.aborted) return EXIT.ok
    const newest = Math.max(0, ...[...shown.values()].map(({ at }) => at.getTime()))
    const after = new Date(newest - OVERLAP_MILLISECONDS)
    const rows = (await audit.latest({ ...filter, limit: FOLLOW_ROWS_MAX, after })).reverse()
    show(rows.filter((row) => !shown.has(keyOf(row))))
    // Only those that may be answered again, so that a long evening does not fill the memory.
    if (rows.length > 0) shown = new Map(rows.map((row) => [keyOf(row), row]))
  }
}

async function verify({ terminal, powers }: Surroundings, { json }: Options): Promise<ExitCode> {
  const found = await verifyTrail(await powers.auditLog())
  if (json) terminal.out(`${JSON.stringify(found)}\n`)
  else if (found.ok) terminal.out(`✓ ${found.rows} rows, each sealed by the next.\n`)
  else terminal.out(`✗ Row ${found.sequence} of writer ${found.writer} is ${found.why}.\n`)
  return found.ok ? EXIT.ok : EXIT.failed
}

function keyOf({ writer, sequence }: AuditRow): string {
  return `${writer} ${sequence}`
}

function line({ at, result, event, reason, actor, subject, client, address, details, request }: AuditRow): string {
  const parts = [
    at.toISOString(),
    result.padEnd(7),
    event,
    reason,
    actor && `by ${actor}`,
    subject && `on ${subject}`,
    client && `client ${client}`,
    address && `from ${address}`,
    request && `request ${request}`,
    details && Object.keys(details).length > 0 && JSON.stringify(details),
  ]
  return plain(parts.filter(Boolean).join('  '))
}

function readable({ previous, hash, ...row }: AuditRow) {
  return { ...row, previous: Buffer.from(previous).toString('hex'), hash: Buffer.from(hash).toString('hex') }
}
