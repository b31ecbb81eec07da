/**
 * The provider in the whole HTTP house, over loopback, with stores in memory and hosted pages that take a person's word
 * for it: for tests of the protocol. Each test makes its own.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { createArrival } from '../../interactions/arrival/arrival.tsx'
import { createFrontPage } from '../../interactions/front-page/front-page.tsx'
import type { AuditEvent } from '../../src/audit/audit.ts'
import type { Clock, Randomness, Stores } from '../../src/campus.ts'
import { type ClientRecord, ownClient, type ResourceServerRecord } from '../../src/clients/clients.ts'
import type { Config } from '../../src/config.ts'
import { readForm } from '../../src/http/form.ts'
import type { Room } from '../../src/http/room.ts'
import { type KeyStore, openKeyrings } from '../../src/keys/keys.ts'
import { type StandingDelivery, startLogoutDeliveries } from '../../src/logout-deliveries/logout-deliveries.ts'
import { createOidc, type MethodProof, type Oidc, type OpenOidc, type OutboundFetch } from '../../src/oidc/oidc.ts'
import type { NewPerson, PersonId, PersonState, Profile } from '../../src/people/people.ts'
import { noTracing } from '../../src/tracing/tracing.ts'
import { fakeTime } from './fake-time.ts'
import { freePort } from './free-port.ts'
import { type House, openHouse } from './house.ts'
import {
  memoryClients,
  memoryConsents,
  memoryGate,
  memoryRegistrationTokens,
  memoryResourceServers,
  memorySubjects,
  sampleClient,
} from './memory-desk.ts'
import { type MemoryExpiring, memoryExpiring } from './memory-expiring.ts'
import { memoryLogoutDeliveries } from './memory-logout-deliveries.ts'
import { memoryAudit, memoryPeople } from './memory-stores.ts'
import { plainPages } from './plain-pages.ts'
import { type RecordedMetrics, recordedMetrics } from './recorded-metrics.ts'
import { sampleConfig, sampleSecret } from './sample-config.ts'
import { memoryChanges, memoryKeys } from './sample-keyrings.ts'
import { EVERY_METHOD } from './sample-methods.ts'

export const random: Randomness = {
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  uuid: () => randomUUID(),
}

/** One set for all worlds of a test file: an RSA key takes its time. */
const shared = { keys: memoryKeys(), keyEncryptionKeys: [sampleSecret('k1')] } as const

/** Tests change what the provider only reads. */
type ProviderNeeds = Parameters<typeof createOidc>[0] &
  Pick<Stores, 'people' | 'clients' | 'resourceServers' | 'registrationTokens'>

export interface ProviderWorld {
  house: House
  issuer: string
  needs: ProviderNeeds
  oidc: OpenOidc
  store: MemoryExpiring
  /** Which relying parties are still to be told. */
  deliveries(): StandingDelivery[]
  events: AuditEvent[]
  /** What is known of people beyond who they are. */
  profiles: Map<PersonId, Profile>
  metrics: RecordedMetrics
  /** As if the time had come to try each of them. */
  dueNow(): void
  /** Lets the process look that tells them. */
  deliver(): Promise<void>
  /** Changes what a person is, as a registrar would. */
  setState(personId: string, state: PersonState): Promise<void>
  close(): Promise<void>
}

interface Inside {
  clients?: readonly ClientRecord[]
  resourceServers?: readonly ResourceServerRecord[]
  config?: Partial<Config>
  clock?: Clock
  outboundFetch?: OutboundFetch
  /** By which people can sign in; all that there are going to be, unless it is said. */
  methods?: readonly MethodProof[]
  /** What goes on while a proof is being verified. */
  verifying?: () => Promise<void>
  keys?: KeyStore
  /** Other implementations of any port. */
  needs?: Partial<ProviderNeeds>
}

export async function openProviderWorld(inside: Inside = {}): Promise<ProviderWorld> {
  const port = await freePort()
  const issuer = inside.config?.issuer ?? `http://localhost:${port}`
  const { keyEncryptionKeys } = shared
  const config = sampleConfig({ keyEncryptionKeys, ...inside.config, issuer, port })
  const clock = inside.clock ?? (() => new Date())
  const people = memoryPeople([samplePerson('lan', '202407010101'), samplePerson('mei', '202407010102')])
  const own: ClientRecord = { ...ownClient(issuer), managedBy: 'built-in', disabledAt: null }
  const clients = memoryClients([...(inside.clients ?? [sampleClient('library')]), own])
  const profiles = new Map<PersonId, Profile>()
  const deliveries = memoryLogoutDeliveries(clients)
  const store = memoryExpiring(clock)
  const { audit, events } = memoryAudit()
  const metrics = recordedMetrics()
  const needs: ProviderNeeds = {
    config,
    clock,
    random,
    log: pino({ level: 'silent' }),
    metrics: metrics.metrics,
    tracing: noTracing,
    expiring: store.expiring,
    people,
    clients,
    resourceServers: memoryResourceServers(inside.resourceServers),
    consents: memoryConsents(),
    subjects: memorySubjects(),
    keyrings: inside.needs?.keyrings ?? (await keyringsOf(inside, { config, clock, metrics: metrics.metrics })),
    notBefore: memoryGate(people, clients, profiles, deliveries.store),
    logoutDeliveries: deliveries.store,
    audit,
    changes: memoryChanges(),
    registrationTokens: memoryRegistrationTokens(),
    registeredClients: clients,
    transaction: (work) => work({ ...needs, clients }),
    outboundFetch: inside.outboundFetch ?? (() => Promise.reject(new Error('nobody is to be reached'))),
    ...inside.needs,
  }
  const oidc = await createOidc(needs, { pages: plainPages, methods: inside.methods ?? EVERY_METHOD })
  const time = fakeTime()
  const delivering = startLogoutDeliveries({ ...needs, leases: LEADING, timer: time.timer }, oidc.logoutDesk)
  const house = await openHouse({
    rooms: [
      trustingRoom(oidc, { clock, verifying: inside.verifying }),
      createArrival({ oidc }),
      createFrontPage({ oidc, clock, config, clients: needs.clients }),
    ],
    provider: oidc.middleware,
    startAgain: oidc.startAgain,
    directAnswers: oidc.directAnswers,
    documents: oidc.documents,
    keyrings: needs.keyrings,
    config,
    port,
    metrics,
  })
  return {
    ...{ house, issuer, needs, oidc, store, events, profiles, metrics },
    setState: (personId, state) => setState(needs, personId, state),
    deliveries: deliveries.standing,
    dueNow: () => deliveries.changeAll({ dueAt: clock(), failure: null }),
    deliver: () => time.pass(1),
    async close() {
      await delivering.stop()
      await house.close()
    },
  }
}

async function setState({ people }: Pick<Stores, 'people'>, personId: PersonId, state: PersonState): Promise<void> {
  const person = await people.find(personId)
  if (person) person.state = state
}

function keyringsOf({ keys = shared.keys }: Inside, needs: Pick<ProviderNeeds, 'config' | 'clock' | 'metrics'>) {
  return openKeyrings({ ...needs, random, keys, changes: memoryChanges() })
}

/** There is no other process. */
const LEADING = { hold: async () => true, release: async () => undefined }

export function samplePerson(id: string, number: string): NewPerson {
  const validFrom = new Date('2020-09-01T00:00:00Z')
  const identity = { id: `${id}-1`, number, type: 'undergraduate', isPrimary: true, validFrom, validTo: null }
  const organisation = '信息科学与工程学院'
  return { id, name: '吴兰', state: 'active', identities: [{ ...identity, organisation }], aliases: [id] }
}

type Desk = Pick<
  Oidc,
  'visit' | 'completeSignIn' | 'completeConsent' | 'abandonVisit' | 'chooser' | 'completeAccount' | 'completeIdentity'
>

interface Verifier {
  clock: Clock
  verifying: Inside['verifying']
}

/** Believes whatever is posted: who it is, by which method. */
function trustingRoom(oidc: Desk, { clock, verifying }: Verifier): Room {
  return {
    mount(router) {
      router.get('/interaction/:uid', async (ctx) => {
        ctx.body = await oidc.visit(ctx)
      })
      router.post('/interaction/:uid/sign-in', async (ctx) => {
        const form = await readForm(ctx)
        // As rooms do, to know for whom they are asking.
        await oidc.visit(ctx)
        const provenAt = clock()
        await verifying?.()
        await oidc.completeSignIn(ctx, {
          personId: form.get('person') ?? '',
          method: form.get('method') ?? 'password',
          amr: (form.get('amr') ?? 'pwd').split(' '),
          remember: form.get('remember') === 'yes',
          provenAt,
        })
      })
      router.post('/interaction/:uid/account', async (ctx) => {
        const form = await readForm(ctx)
        await oidc.completeAccount(ctx, form.get('account') === 'other' ? 'other' : 'same')
      })
      router.get('/interaction/:uid/choices', async (ctx) => {
        ctx.body = (await oidc.chooser(ctx)).identities.map(({ id }) => id)
      })
      router.post('/interaction/:uid/identity', async (ctx) => {
        const form = await readForm(ctx)
        const outcome = await oidc.completeIdentity(ctx, form.get('identity') ?? '')
        if (outcome === 'not_offered') ctx.status = 422
      })
      router.post('/interaction/:uid/consent', (ctx) => oidc.completeConsent(ctx))
      router.post('/interaction/:uid/abandon', (ctx) => oidc.abandonVisit(ctx))
    },
  }
}
