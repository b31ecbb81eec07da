/** Held back on purpose until a copy of the store was made, used then, and tried again when the copy is back. */
import type { Random } from '../support/random.ts'
import { newVisitor } from '../support/visitor.ts'
import { createAsker } from './asker.ts'
import { CLIENT, type FaultWorld } from './fault-world.ts'
import { codeForm, Interrupted, nextCode, refreshForm, signIn } from './load.ts'
import { createMemories } from './memories.ts'

const HELD = ['a', 'b', 'c']

export interface Held {
  /** Uses the codes, rotates and revokes the tokens. */
  use(): Promise<void>
  /** The same once more: all of it is over. */
  again(): Promise<void>
}

/** Codes that nobody has used yet and tokens that nobody has rotated, in the hands of people who stay signed in. */
export async function holdBack(world: FaultWorld, random: Random): Promise<Held> {
  const ask = createAsker(world, random)
  const memories = createMemories(random.fork())
  const held = await Promise.all(
    HELD.map(async (name) => {
      const visitor = newVisitor(world.installation.issuer)
      const session = `session:held.${name}.${random.between(0, 1e9)}`
      const life = { visitor, session, random, ask, memories }
      const first = await signIn(life, random.pick(world.accounts))
      const [rotating, revoked] = [
        await ask.tokens(codeForm(first), { what: 'redeem', uses: first }),
        await nextCode(life),
      ]
      const doomed = await ask.tokens(codeForm(revoked), { what: 'redeem', uses: revoked })
      if (rotating === null || doomed === null) throw new Interrupted()
      return { session, code: await nextCode(life), rotating: rotating.refresh, doomed: doomed.refresh }
    }),
  )
  const present = async (what: string) => {
    for (const { session, code, rotating } of held) {
      await ask.tokens(codeForm(code), { what: `redeem ${what}`, uses: code, within: [session] })
      await ask.tokens(refreshForm(rotating), { what: `refresh ${what}`, uses: rotating, within: [session] })
    }
  }
  return {
    async use() {
      await present('what was held back')
      for (const { session, doomed } of held) {
        const form = { client_id: CLIENT, token: doomed }
        await ask.machine('/token/revocation', { what: 'revoke', form, ends: [`family:${session}`] })
      }
    },
    async again() {
      for (const { session, doomed } of held) {
        const within = [`family:${session}`]
        await ask.tokens(refreshForm(doomed), { what: 'refresh what was revoked', uses: doomed, within })
      }
      await present('what was used')
    },
  }
}
