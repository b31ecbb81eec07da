/** The hosted pages in the whole HTTP house, with people in memory and visits that stand for the provider. */
import type { Context } from 'koa'
import { createAccount } from '../../interactions/account/account.tsx'
import { createConsent } from '../../interactions/consent/consent.tsx'
import { createFrontPage } from '../../interactions/front-page/front-page.tsx'
import { createIdentity } from '../../interactions/identity/identity.tsx'
import { providerPages } from '../../interactions/interactions.ts'
import { createPassword } from '../../interactions/password/password.tsx'
import { createSignIn } from '../../interactions/sign-in/sign-in.tsx'
import type { AuditEvent } from '../../src/audit/audit.ts'
import type { Clock } from '../../src/campus.ts'
import type { Config } from '../../src/config.ts'
import { refusals } from '../../src/errors.ts'
import type { Room } from '../../src/http/room.ts'
import type { Chooser, Oidc, Proof, Visit, VisitClient } from '../../src/oidc/oidc.ts'
import { passwordCredential } from '../../src/passwords/passwords.ts'
import type { NewPerson, PersonState } from '../../src/people/people.ts'
import { devicePages } from './device-samples.ts'
import { type House, openHouse } from './house.ts'
import { memoryClients, sampleClient } from './memory-desk.ts'
import { memoryAudit, memoryCounters, memoryCredentials, memoryPeople } from './memory-stores.ts'
import { type PlainHasher, plainHasher } from './plain-hasher.ts'
import { recordedMetrics } from './recorded-metrics.ts'
import { sampleConfig } from './sample-config.ts'
import { sampleKeyrings } from './sample-keyrings.ts'
import { samplePlacement, sampleProfile } from './sample-profile.ts'

export const samplePassword = 'plum blossom in the snow'

export const portal: VisitClient = {
  id: 'demo-portal',
  name: '演示门户',
  nameIn: { en: 'Demo portal' },
  uri: 'https://portal.school.example/',
  logoUri: null,
  policyUri: null,
  tosUri: null,
  firstParty: true,
  unvettedHosts: null,
}

export const club: VisitClient = {
  id: 'demo-club',
  name: '二手书交换',
  nameIn: { en: 'Book exchange' },
  uri: 'https://books.club.example/',
  logoUri: null,
  policyUri: 'https://books.club.example/privacy',
  tosUri: 'https://books.club.example/terms',
  firstParty: false,
  unvettedHosts: null,
}

/** It registered itself, under a name that it chose. */
export const pretender: VisitClient = {
  ...club,
  id: 'dynamic-lab',
  name: '图书馆',
  nameIn: { en: 'Library' },
  unvettedHosts: ['lab.evil.example:8443'],
}

export function sampleVisit(uid: string, changes: Partial<Visit> = {}): Visit {
  const prompt = { name: 'login' as const, reasons: ['no_session'] }
  return { uid, again: null, correlation: `c-${uid}`, prompt, client: portal, params: {}, personId: null, ...changes }
}

/** How a visit ended. */
export type Ending =
  | { kind: 'signed-in'; uid: string; proof: Proof }
  | { kind: 'allowed' | 'abandoned'; uid: string }
  | { kind: 'account' | 'identity'; uid: string; answer: string }

export interface SignInHouse extends House {
  visits: Map<string, Visit>
  endings: Ending[]
  events: AuditEvent[]
  hasher: PlainHasher
  rooms: readonly Room[]
}

interface Inside {
  visits: readonly Visit[]
  clock: Clock
  config?: Partial<Config>
  port?: number
}

export async function openSignInHouse({ visits, clock, config: changes, port = 0 }: Inside): Promise<SignInHouse> {
  const config = sampleConfig(changes)
  const standing = new Map(visits.map((visit) => [visit.uid, visit]))
  const endings: Ending[] = []
  const people = memoryPeople([
    samplePerson('lan', '202407010101', 'active'),
    samplePerson('mei', '202407010102', 'suspended'),
  ])
  const credentials = memoryCredentials(people)
  const hasher = plainHasher()
  for (const id of ['lan', 'mei']) await credentials.put(passwordCredential, id, { hash: `new:${samplePassword}` })
  const { audit, events } = memoryAudit()
  const { expiring } = memoryCounters(clock)
  const oidc = standInOidc(standing, endings)
  const metrics = recordedMetrics()
  const keyrings = sampleKeyrings()
  const beginning = 'https://portal.school.example/begin'
  const needs = {
    clients: memoryClients([
      sampleClient('grades', { client_name: '成绩查询', initiate_login_uri: beginning }),
      sampleClient('kiosk', {
        client_name: '中国少数民族语言文学与跨境文化传播协同创新中心',
        initiate_login_uri: beginning,
      }),
    ]),
    clock,
    metrics: metrics.metrics,
    config,
    keyrings,
    people,
    credentials,
    hasher,
    audit,
    expiring,
    oidc,
  }
  const rooms = [createFrontPage(needs), createSignIn(needs, [createPassword]), createConsent(needs)]
  rooms.push(createAccount(needs), createIdentity(needs))
  const house = await openHouse({ rooms, provider: standInPages, config, port, metrics, keyrings })
  return { ...house, visits: standing, endings, events, hasher, rooms }
}

function samplePerson(id: string, number: string, state: PersonState): NewPerson {
  const validFrom = new Date('2024-09-01T00:00:00Z')
  const identity = { id: `${id}-1`, number, type: 'undergraduate', organisation: null, isPrimary: true, validFrom }
  return { id, name: '吴兰', state, identities: [{ ...identity, validTo: null }], aliases: [id] }
}

type Desk = Oidc

const signedIn = { person: samplePerson('lan', '202407010101', 'active'), since: new Date(0), acr: null, amr: [] }

/** Somebody who works in one place and studies in another. */
const chooser: Chooser = sampleChooser()

function sampleChooser(): Chooser {
  const { identities, ...person } = samplePerson('lan', '202407010101', 'active')
  const study = identities.map((identity) => ({ ...identity, type: 'master', organisation: '信息管理学院' }))
  const work = identities.map((identity) => ({ ...identity, id: 'lan-2', number: 'B100234', type: 'staff' }))
  const library = { code: '31', name: '图书馆', nameInEnglish: 'Library' }
  const staff = { code: 'staff', name: '职工', nameInEnglish: 'Staff', affiliations: [], entitlements: [] }
  const master = { ...staff, code: 'master', name: '硕士研究生', nameInEnglish: 'Master’s student' }
  const placements = new Map([
    ['lan-1', samplePlacement({ type: master })],
    ['lan-2', samplePlacement({ type: staff, organisation: { ...library, above: [library] } })],
  ])
  const all = [...study, ...work]
  const profile = sampleProfile({ identities: all }, { placements })
  return { person: { ...person, identities: all }, profile, identities: all }
}

function standInOidc(visits: Map<string, Visit>, endings: Ending[]): Desk {
  const visit: Oidc['visit'] = async (ctx) => {
    const found = visits.get(ctx.path.split('/')[2] ?? '')
    if (!found) throw refusals.visitExpired()
    return found
  }
  async function end(ctx: Context, ending: (uid: string) => Ending): Promise<void> {
    const { uid } = await visit(ctx)
    endings.push(ending(uid))
    visits.delete(uid)
    ctx.status = 303
    ctx.redirect(`/auth/${uid}`)
  }
  return {
    visit,
    signedInHere: async (ctx) => (ctx.query['as'] === 'lan' ? signedIn : null),
    signInHere: (ctx) => ctx.redirect('/auth?client_id=campus-id'),
    arriveHere: async () => ({ kind: 'lost' }),
    startAgain: (_ctx, next) => next(),
    middleware: (_ctx, next) => next(),
    completeSignIn: async (ctx, proof) => {
      if (proof.personId === 'mei') throw refusals.accountNotActive()
      await end(ctx, (uid) => ({ kind: 'signed-in', uid, proof }))
    },
    chooser: async () => chooser,
    completeAccount: (ctx, answer) => end(ctx, (uid) => ({ kind: 'account', uid, answer })),
    completeIdentity: async (ctx, answer) => {
      if (!chooser.identities.some(({ id }) => id === answer)) return 'not_offered'
      await end(ctx, (uid) => ({ kind: 'identity', uid, answer }))
      return 'done'
    },
    completeConsent: (ctx) => end(ctx, (uid) => ({ kind: 'allowed', uid })),
    abandonVisit: (ctx) => end(ctx, (uid) => ({ kind: 'abandoned', uid })),
  }
}

const CONFIRM = '/session/end/confirm'

/** Draws the provider's pages at the provider's addresses. */
async function standInPages(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  const client = ctx.query['client_id'] === club.id ? club : null
  const action = `${ctx.protocol}://${ctx.host}${CONFIRM}`
  if (ctx.path === '/session/end') return providerPages.signOut(ctx, { action, xsrf: 'x"><b>', client })
  // The form sends itself, and what answers nothing leaves its page in sight.
  const between = { action: `${action}?nothing`, xsrf: 'x"><b>' }
  if (ctx.path === '/auth/switch') return providerPages.switchAccount(ctx, between)
  if (ctx.path === '/session/end/success') return providerPages.signedOut(ctx, { client })
  if (ctx.path.toLowerCase().replace(/\/$/, '') === CONFIRM && ctx.method === 'POST') {
    if ('nothing' in ctx.query) ctx.status = 204
    else ctx.body = 'signed out'
    return
  }
  if (ctx.path === '/visit-over') {
    const ways: Record<string, string> = {
      here: '/auth?client_id=demo-club&again=1',
      there: 'https://books.club.example/',
    }
    return providerPages.visitOver(ctx, { client: club, href: ways[String(ctx.query['way'])] ?? null })
  }
  const page =
    ctx.path === '/device' ? devicePages({ portal, club }).get(String(ctx.query['state'] ?? 'enter')) : undefined
  if (page !== undefined) return providerPages.device(ctx, page)
  if (ctx.path === '/auth') {
    const description = "redirect_uri did not match any of the client's registered redirect_uris"
    return providerPages.error(ctx, { status: 400, code: 'invalid_redirect_uri', description })
  }
  if (ctx.path === '/broken') throw new Error('a bug: secret-of-the-stack')
  if (ctx.path === '/busy') throw Object.assign(new Error('redis'), { unavailable: 'redis', retryAfterSeconds: 2 })
  await next()
}
