/**
 * Relying parties and browsers who go on, each on connections of their own that they keep, and take note of whatever is
 * not answered as it should be. Nothing is asked a second time.
 */
import { Agent } from 'node:http'
import { ACCOUNT, REDIRECT_URI } from '../races/world.ts'
import type { Installation } from '../support/campus-server.ts'
import { until } from '../support/until.ts'
import {
  type Answer,
  type Asking,
  ask,
  authorizationAddress,
  closeVisitors,
  newVisitor,
  VERIFIER,
} from '../support/visitor.ts'

const CLIENT = 'library'
const FORM = { client_id: CLIENT, redirect_uri: REDIRECT_URI }
/** Between two turns: of services that are busy, and of some whose connections are spare most of the time. */
const PAUSES_MILLISECONDS = [20, 20, 20, 2_000, 4_000]
const PAUSE_OF_STRANGERS_MILLISECONDS = 20

export interface SteadyLoad {
  failures: string[]
  answered(): number
  /** A code of somebody who is signed in, not yet redeemed. */
  code(): Promise<string>
  redeem(code: string): Promise<void>
  /** Resolves when whoever was about something has its answer. */
  stop(): Promise<void>
}

interface Notes {
  failures: string[]
  answered: number
  going: boolean
}

/** Whoever was not answered as it should be is written down, and leaves. */
class Interrupted extends Error {}

export async function startSteadyLoad({ issuer, port }: Installation): Promise<SteadyLoad> {
  const notes: Notes = { failures: [], answered: 0, going: true }
  const agents: Agent[] = []
  const callOn = (keepAlive: boolean) => {
    const agent = new Agent({ keepAlive, maxSockets: 1 })
    agents.push(agent)
    return newCaller(issuer, { port, agent }, notes)
  }
  const holder = callOn(false)
  const holding = await holder.signIn()
  const services = await Promise.all(
    PAUSES_MILLISECONDS.map(async (pauseMilliseconds) => {
      const caller = callOn(true)
      return { caller, person: await caller.signIn(), pauseMilliseconds }
    }),
  )
  // A worker that leaves would wait for what the sign-ins have left spare.
  closeVisitors()
  const all = [
    ...services.map((service) => useService(service, notes)),
    arrive(callOn(true), notes),
    arrive(callOn(false), notes),
  ].map((caller) => caller.catch(leaveIfInterrupted))
  return {
    failures: notes.failures,
    answered: () => notes.answered,
    code: holding.code,
    redeem: async (code) => void (await holder.redeem(code)),
    async stop() {
      notes.going = false
      await Promise.all(all)
      for (const agent of agents) agent.destroy()
    },
  }
}

type Caller = ReturnType<typeof newCaller>
type Person = Awaited<ReturnType<Caller['signIn']>>

function newCaller(issuer: string, asking: Asking, notes: Notes) {
  async function expect(what: string, status: number, asked: Promise<Answer>): Promise<Answer> {
    const answer = await asked.catch((error: NodeJS.ErrnoException) => {
      notes.failures.push(`${what}: ${error.code} ${error.message}`)
      throw new Interrupted()
    })
    notes.answered += 1
    if (answer.status === status) return answer
    notes.failures.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
    throw new Interrupted()
  }
  const get = (what: string, path: string, headers = {}) => expect(what, 200, ask(issuer, path, { ...asking, headers }))
  const tokens = async (form: Record<string, string>) => {
    const asked = ask(issuer, '/token', { ...asking, form: { ...FORM, ...form } })
    const { text } = await expect(`${form['grant_type']}`, 200, asked)
    const { access_token: access, refresh_token: refresh } = JSON.parse(text)
    return { access: String(access), refresh: String(refresh) }
  }
  return {
    expect,
    get,
    go: (visitor: ReturnType<typeof newVisitor>, path: string) => visitor.go(path, asking),
    newVisitor: () => newVisitor(issuer),
    redeem: (code: string) => tokens({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }),
    refresh: (token: string) => tokens({ grant_type: 'refresh_token', refresh_token: token }),
    async signIn() {
      const visitor = newVisitor(issuer)
      const back = await visitor.signIn(CLIENT, REDIRECT_URI, ACCOUNT, asking.port)
      const first = back.location?.searchParams.get('code') ?? ''
      const code = async () => {
        const asked = visitor.go(authorizationAddress(CLIENT, REDIRECT_URI), asking)
        return (await expect('auth', 303, asked)).location?.searchParams.get('code') ?? 'none'
      }
      return { first, code }
    },
  }
}

interface Service {
  caller: Caller
  person: Person
  pauseMilliseconds: number
}

async function useService({ caller, person, pauseMilliseconds }: Service, notes: Notes) {
  let { access, refresh } = await caller.redeem(person.first)
  await goOn(notes, pauseMilliseconds, async () => {
    await caller.get('userinfo', '/me', { authorization: `Bearer ${access}` })
    ;({ access, refresh } = await caller.refresh(refresh))
    await caller.redeem(await person.code())
  })
}

async function arrive(caller: Caller, notes: Notes) {
  await goOn(notes, PAUSE_OF_STRANGERS_MILLISECONDS, async () => {
    const visitor = caller.newVisitor()
    const address = authorizationAddress(CLIENT, REDIRECT_URI)
    const { location } = await caller.expect('arrival', 303, caller.go(visitor, address))
    await caller.expect('sign-in page', 200, caller.go(visitor, location?.pathname ?? ''))
    await caller.get('discovery', '/.well-known/openid-configuration')
  })
}

async function goOn(notes: Notes, pauseMilliseconds: number, turn: () => Promise<void>) {
  while (notes.going) {
    await turn()
    const start = performance.now()
    await until('it is time', () => !notes.going || performance.now() - start > pauseMilliseconds)
  }
}

function leaveIfInterrupted(error: unknown) {
  if (!(error instanceof Interrupted)) throw error
}
