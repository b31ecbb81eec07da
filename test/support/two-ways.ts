/**
 * One provider in two houses: in the one plain questions are answered directly, in the other by the library alone. Both
 * have the same stores, so the same token can be shown to both, and everything that they say and note be compared.
 */
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type House, openHouse } from './house.ts'
import { sampleClient, sampleResourceServer, sampleService } from './memory-desk.ts'
import { newVisitor, type Visitor } from './provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from './provider-world.ts'

export const GRADES = 'https://api.school.example/grades'
export const ROOMS = 'https://rooms.school.example/'
const scopes = ['grades:read', 'grades:write']
const resources = [
  { identifier: GRADES, scopes },
  { identifier: ROOMS, scopes: ['rooms:read'] },
]

export interface Question {
  method?: string
  path: string
  /** In pairs, so that one can come twice. */
  headers?: readonly (readonly [name: string, value: string])[]
  body?: string
}

/** What was said, and what was noted of it. */
export interface Said {
  status: number
  /** As they were sent, without what is different each time. */
  headers: string[]
  body: string
  noted: unknown[]
  direct: number
}

export interface TwoWays {
  world: ProviderWorld
  visitor: Visitor
  ask(question: Question): Promise<{ directly: Said; byLibrary: Said }>
  /** Keeps how everything stands; what comes out puts it back so. A moment that was set since stays. */
  keep(): Promise<() => Promise<void>>
  close(): Promise<void>
}

const clients = [
  sampleClient('library', { resources }),
  sampleClient('canteen', { first_party: false, scope: 'openid profile' }),
  sampleClient('app', { token_endpoint_auth_method: 'none' }),
  sampleService('timetable', resources),
  sampleService('grades-api', [], { grant_types: [] }),
  sampleService('rooms-api', [], { grant_types: [], token_endpoint_auth_method: 'client_secret_post' }),
]
const resourceServers = [sampleResourceServer(GRADES, 'grades-api'), sampleResourceServer(ROOMS, null)]

export async function openTwoWays(): Promise<TwoWays> {
  const world = await openProviderWorld({ clients: structuredClone(clients), resourceServers })
  const { config, keyrings } = world.needs
  const { oidc, metrics } = world
  const other = await openHouse({ provider: oidc.middleware, config, keyrings, metrics })
  const asking = async (house: House, question: Question): Promise<Said> => {
    const [events, counted, observed] = [world.events.length, metrics.counted.length, metrics.observed.length]
    const answer = await send(house, question)
    const news = metrics.counted.slice(counted)
    const isDirect = ({ name }: { name: string }) => name === 'campus_direct_answers_total'
    return {
      ...answer,
      noted: [
        ...world.events.slice(events).map(({ request: _its, ...event }) => event),
        ...news.filter((one) => !isDirect(one)),
        ...metrics.observed.slice(observed).map(({ name, labels }) => ({ name, labels })),
      ],
      direct: news.filter(isDirect).length,
    }
  }
  return {
    world,
    visitor: newVisitor(world),
    ask: async (question) => ({
      directly: await asking(world.house, question),
      byLibrary: await asking(other, question),
    }),
    keep: () => keep(world),
    close: async () => {
      await Promise.all([world.close(), other.close()])
    },
  }
}

const LONGER_THAN_ANY_TEST_SECONDS = 3_600

async function keep({ needs, store }: ProviderWorld): Promise<() => Promise<void>> {
  const records = store.standing()
  const people = structuredClone(await needs.people.list({ after: null, limit: 10 }))
  const { standing } = needs.notBefore
  return async () => {
    store.repair()
    Object.assign(needs.notBefore, { standing })
    for (const [key, raw] of records) await needs.expiring.put(key, raw, { seconds: LONGER_THAN_ANY_TEST_SECONDS })
    for (const client of clients) await needs.clients.put(client)
    for (const server of resourceServers) await needs.resourceServers.put(server)
    for (const person of people) Object.assign((await needs.people.find(person.id)) ?? {}, structuredClone(person))
  }
}

const DIFFERENT_EACH_TIME = /^(date|x-request-id)$/i
/** Of an error, which names its request. */
const REQUEST_ID = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/g

async function send(house: House, { method = 'GET', path, headers = [], body }: Question) {
  const { host } = new URL(house.config.issuer)
  const named = headers.some(([name]) => name.toLowerCase() === 'host')
  const all = [...(named ? [] : [['host', host]]), ...headers].flat()
  const sending = request({ host: '127.0.0.1', port: house.port, path, method, headers: all, agent: false })
  sending.end(body)
  const [response] = await once(sending, 'response')
  const received = (await text(response)).replaceAll(REQUEST_ID, 'ID')
  // By then the server has noted it.
  if (!response.socket.destroyed) await once(response.socket, 'close')
  const sent: string[] = response.rawHeaders
  const pairs = sent.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${sent[at + 1]}`] : []))
  return {
    status: Number(response.statusCode),
    headers: pairs.filter((pair) => !DIFFERENT_EACH_TIME.test(pair.split(':')[0] ?? '')),
    body: received,
  }
}
