/**
 * People and relying parties who go on while something is broken: they sign in, open further services, redeem, refresh,
 * sign out, and now and then do what must not succeed. Every choice comes from the seed. Nobody judges here: all of it
 * is written down, and test/support/history-checker.ts decides.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../support/random.ts'
import { type Answer, authorizationAddress, newVisitor, VERIFIER } from '../support/visitor.ts'
import { type Asker, createAsker, type Step } from './asker.ts'
import { CLIENT, type FaultWorld, REDIRECT_URI } from './fault-world.ts'
import { createMemories, type Memories, type Past } from './memories.ts'

export interface Load {
  /** Each of the latest things that are over, one after the other: what came back would be among them. */
  tryTheLatest(most: number): Promise<void>
  /** Resolves when everybody has done what they were about. */
  stop(): Promise<void>
}

/** Later than this, a token that comes again is no race between tabs but a theft, and ends its family. */
const THEFT_MILLISECONDS = 3_500

export interface Life {
  visitor: ReturnType<typeof newVisitor>
  session: string
  random: Random
  ask: Asker
  memories: Memories
}

interface Tokens {
  access: string
  refresh: string
}

export function startLoad(world: FaultWorld, seed: Random, { actors }: { actors: number }): Load {
  let going = true
  const memories = createMemories(seed.fork())
  const act = async (actor: number, random: Random) => {
    for (let life = 0; going; life++) {
      const ask = createAsker(world, random)
      const visitor = newVisitor(world.installation.issuer)
      await live({ visitor, session: `session:${actor}.${life}`, random, ask, memories }, world).catch((cause) => {
        if (!(cause instanceof Interrupted)) throw cause
      })
      if (random.chance(0.3)) await tryWhatIsOver(ask, memories, random)
      // Nobody who was turned away comes back in the same moment as all the others.
      await pause(random.between(50, 500))
    }
  }
  const all = Promise.all(Array.from({ length: actors }, (_, actor) => act(actor, seed.fork())))
  // Else a failure of ours would be an unhandled rejection before anybody waits for the end.
  all.catch(() => undefined)
  const trying = seed.fork()
  return {
    async tryTheLatest(most) {
      const ask = createAsker(world, trying)
      for (const past of memories.latest(most)) await tryAll(ask, past)
    },
    async stop() {
      going = false
      await all
    },
  }
}

/** What was asked for was not given: this life is over, as for a person who closes the page. */
export class Interrupted extends Error {}

async function live(life: Life, world: FaultWorld): Promise<void> {
  const { random, visitor, session, ask, memories } = life
  const account = random.pick(world.accounts)
  const first = await signIn(life, account)
  const rotated: { token: string; at: number; family: string }[] = []
  let code = first
  let latest: Tokens | null = null
  for (let turn = 0; turn < random.between(2, 5); turn++) {
    const family = `family:${session}.${turn}`
    let tokens = await redeem(life, code, family)
    for (let times = random.between(0, 3); times > 0 && tokens !== null; times--) {
      rotated.push({ token: tokens.refresh, at: world.recorder.now(), family })
      tokens = await refresh(life, tokens.refresh, family)
    }
    if (tokens !== null) {
      await userinfo(ask, tokens.access, [session, family])
      latest = tokens
      if (random.chance(0.15)) await revoke(life, tokens, family)
    }
    await pause(random.between(10, 60))
    code = await nextCode(life)
  }
  const [oldest] = rotated
  if (oldest && world.recorder.now() - oldest.at > THEFT_MILLISECONDS) await stealAndReplay(life, oldest)
  const cookies = new Map(visitor.cookies)
  const ends = random.chance(0.7)
  if (ends) await signOut(life)
  memories.keep({ session, cookies, tokens: latest, codes: [first], rotated: rotated.map(({ token }) => token), ends })
  if (ends) await tryWhatIsOver(ask, memories, random)
}

const isCode = ({ location }: Answer) => location?.searchParams.has('code') === true

export async function signIn({ ask, visitor }: Life, account: { login: string; password: string }): Promise<string> {
  const step = async (what: string, address: string, form?: Record<string, string>, more: Partial<Step> = {}) => {
    const answer = await ask.page(visitor, address, { what, ...(form && { form }), ...more })
    if (answer === null) throw new Interrupted()
    return answer
  }
  const arrived = await step('arrive', authorizationAddress(CLIENT, REDIRECT_URI))
  const page = arrived.location?.pathname ?? ''
  await step('page', page)
  const proven = await step('password', `${page}/password`, account, { keeps: 'audit:sign-in.proven' })
  const back = await step('resume', proven.location?.pathname ?? '', undefined, { isOk: isCode })
  return back.location?.searchParams.get('code') ?? ''
}

export async function nextCode({ ask, visitor, session }: Life): Promise<string> {
  const address = authorizationAddress(CLIENT, REDIRECT_URI)
  const answer = await ask.page(visitor, address, { what: 'authorise', within: [session], isOk: isCode })
  if (answer === null) throw new Interrupted()
  return answer.location?.searchParams.get('code') ?? ''
}

export const codeForm = (code: string) => ({
  grant_type: 'authorization_code',
  redirect_uri: REDIRECT_URI,
  code,
  code_verifier: VERIFIER,
})

export const refreshForm = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token })

async function redeem(life: Life, code: string, family: string): Promise<Tokens | null> {
  return atMostOnce(life, 'redeem', codeForm(code), { uses: code, within: [life.session, family] })
}

async function refresh(life: Life, token: string, family: string): Promise<Tokens | null> {
  return atMostOnce(life, 'refresh', refreshForm(token), { uses: token, within: [life.session, family] })
}

/** Alone; or at both servers in the same moment; or a second time, because the first was not answered. */
async function atMostOnce(
  { ask, random }: Life,
  what: string,
  form: Record<string, string>,
  step: Pick<Step, 'uses' | 'within'>,
): Promise<Tokens | null> {
  if (random.chance(0.3)) {
    const both = await Promise.all([0, 1].map((server) => ask.tokens(form, { what: `${what} twice`, server, ...step })))
    return both.find((tokens) => tokens !== null) ?? null
  }
  const tokens = await ask.tokens(form, { what, ...step })
  if (tokens !== null || random.chance(0.5)) return tokens
  await pause(random.between(50, 400))
  return ask.tokens(form, { what: `${what} again`, ...step })
}

async function userinfo(ask: Asker, token: string, within: readonly string[]): Promise<void> {
  await ask.machine('/me', { what: 'userinfo', within, headers: { authorization: `Bearer ${token}` } })
}

async function revoke({ ask, session }: Life, tokens: Tokens, family: string): Promise<void> {
  const form = { client_id: CLIENT, token: tokens.refresh }
  await ask.machine('/token/revocation', { what: 'revoke', form, ends: [family] })
  await userinfo(ask, tokens.access, [session, family])
  await ask.tokens(refreshForm(tokens.refresh), { what: 'refresh what was revoked', within: [session, family] })
}

/** Long after it was rotated: to be told no is a success, and ends the family. */
async function stealAndReplay({ ask }: Life, stolen: { token: string; family: string }): Promise<void> {
  await ask.tokens(refreshForm(stolen.token), {
    what: 'replay',
    uses: stolen.token,
    onRefusal: { ends: [stolen.family] },
  })
}

async function signOut({ ask, visitor, session }: Life): Promise<void> {
  const known = sessionCookie(visitor)
  const page = await ask.page(visitor, '/session/end', { what: 'sign-out page', within: [] })
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page?.text ?? '')?.[1]
  const action = /action="([^"]+)"/.exec(page?.text ?? '')?.[1]
  if (xsrf === undefined || action === undefined) throw new Interrupted()
  const form = { xsrf, logout: 'yes' }
  const { pathname } = new URL(action, 'http://localhost')
  // A store that was wiped just before has ended the session already: the page is a stranger's, who leaves no row.
  const isTheirs = sessionCookie(visitor) === known
  const keeps = isTheirs ? { keeps: 'audit:sign-out.completed' } : {}
  await ask.page(visitor, pathname, { what: 'sign-out', form, ends: [session], ...keeps })
}

function sessionCookie({ cookies }: Life['visitor']): string | undefined {
  return [...cookies].find(([name]) => /campus_session$/.test(name))?.[1].value
}

/** Something that was used up or ended at any time before, also before the fault. */
async function tryWhatIsOver(ask: Asker, memories: Memories, random: Random): Promise<void> {
  const past = memories.recall()
  if (past === null) return
  const { rotated } = past
  await tryAll(ask, { ...past, rotated: rotated.length > 0 ? [random.pick(rotated)] : [] })
}

async function tryAll(ask: Asker, past: Past): Promise<void> {
  const { session, tokens, codes, rotated } = past
  const within = [session]
  for (const code of codes) await ask.tokens(codeForm(code), { what: 'redeem what is over', uses: code, within })
  for (const token of rotated)
    await ask.tokens(refreshForm(token), { what: 'refresh what is over', uses: token, within })
  if (!past.ends) return
  const visitor = newVisitor(ask.issuer)
  for (const [name, cookie] of past.cookies) visitor.cookies.set(name, cookie)
  const address = authorizationAddress(CLIENT, REDIRECT_URI)
  await ask.page(visitor, address, { what: 'authorise what is over', within, isOk: isCode })
  if (tokens === null) return
  await userinfo(ask, tokens.access, within)
  await ask.tokens(refreshForm(tokens.refresh), { what: 'refresh what is over', uses: tokens.refresh, within })
}
