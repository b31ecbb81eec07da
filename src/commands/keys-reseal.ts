import { resealKeys } from '../keys/keys.ts'
import { type AddCommand, EXIT, type ExitCode, examples, type Surroundings } from './command.ts'

export const addKeysReseal: AddCommand = (to, act) => {
  to.command('reseal')
    .summary('seals the keys by the present KEY_ENCRYPTION_KEY')
    .description(
      'Seals the keys by the first entry of KEY_ENCRYPTION_KEY, so that the others can be taken away. Every server ' +
        'must hold that entry by then, wherever in its list. Done again, it does nothing.',
    )
    .addHelpText('after', examples('keys reseal'))
    .action(act(reseal))
}

async function reseal({ terminal, powers }: Surroundings): Promise<ExitCode> {
  const campus = await powers.campus()
  const [{ id }] = campus.config.keyEncryptionKeys
  const resealed = await resealKeys(campus, { actor: `operator:${terminal.operator}` })
  const all = (await campus.keys.list()).length
  terminal.out(`${resealed.length} of ${all} sealed anew. All are sealed by '${id}' now: the others can go.\n`)
  return EXIT.ok
}
