import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  applyClients,
  type ClientPlan,
  createSecretReader,
  describeProblem,
  planClients,
  readClientsFile,
} from '../clients/clients.ts'
import { type AddCommand, confirmed, EXIT, type ExitCode, examples, json, type Surroundings } from './command.ts'

interface Options {
  dryRun?: true
  yes?: true
  json?: true
}

export const addClientApply: AddCommand = (to, act) => {
  to.command('apply')
    .summary('makes the relying parties what a clients file says')
    .description(
      'Makes the relying parties what a clients file says: creates, changes, and disables those that it does not ' +
        'name any more. What staff administer is left alone. Applied again, it changes nothing.',
    )
    .argument('[file]', 'the clients file; without it, CLIENTS_FILE')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--yes', 'disable without asking')
    .option('--json', 'print what changed as JSON')
    .addHelpText('after', examples('client apply --dry-run', 'client apply clients.json --yes'))
    .action(act(applyFile))
}

async function applyFile(
  { terminal, powers }: Surroundings,
  typed: string | undefined,
  options: Options,
): Promise<ExitCode> {
  const campus = await powers.campus()
  const file = typed === undefined ? campus.config.clientsFile : resolve(terminal.folder, typed)
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) {
    terminal.err(`${file} cannot be read.\n`)
    return EXIT.failed
  }
  const readSecret = createSecretReader({ environment: powers.environment, folder: dirname(file) })
  const declared = await readClientsFile(text, readSecret)
  if (!declared.ok) {
    terminal.err(`${file} has mistakes:\n${declared.problems.map((it) => `  ${describeProblem(it)}\n`).join('')}`)
    return EXIT.usage
  }
  const plan = await planClients(campus, declared)
  if (plan.conflicts.length > 0) {
    const whose = plan.conflicts.map(({ id, managedBy }) => `  ${id} (${managedBy})\n`).join('')
    terminal.err(`These clients are administered elsewhere, and nothing was changed:\n${whose}`)
    return EXIT.refused
  }
  if (options.dryRun) {
    terminal.out(options.json ? json(plan) : summarise(plan))
    return EXIT.ok
  }
  if (plan.disabled.length > 0) {
    terminal.err(summarise(plan))
    const what = plan.disabled.some((id) => id.includes('://')) ? 'sign in to them, or call them,' : 'sign in to them'
    const question = `Disable ${plan.disabled.join(', ')}? Nobody can ${what} from then on.`
    if (!(await confirmed(terminal, question, options))) return EXIT.refused
  }
  const applied = await applyClients({ ...campus, actor: `operator:${terminal.operator}` }, declared)
  terminal.out(options.json ? json(applied) : summarise({ ...plan, ...applied, changed: plan.changed }))
  return EXIT.ok
}

function summarise({ created, changed, disabled, unchanged }: ClientPlan): string {
  const lines = [
    ...created.map((id) => `+ ${id}`),
    ...changed.map(({ id, fields }) => `~ ${id} (${fields.join(', ')})`),
    ...disabled.map((id) => `- ${id} (disabled)`),
    `${created.length} new, ${changed.length} changed, ${disabled.length} disabled, ${unchanged.length} as before`,
  ]
  return `${lines.join('\n')}\n`
}
