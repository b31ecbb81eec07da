/** What can be measured, by name. Each is prepared once for a server, and then asked for as often as there is time. */
import type { Browser } from './browser.ts'
import { type ClientId, JWT_API, OPAQUE_API } from './clients.ts'
import type { Connection, Peer } from './connection.ts'
import * as flows from './flows.ts'
import type { Step } from './loops.ts'

export interface Target extends Peer {
  name: string
  /** How many people sign in: those with the indexes 0, `stride`, 2 × `stride`, … */
  people: number
  stride?: number
}

export interface Prepared {
  step: Step
  /** Makes so many of what a step uses up. */
  restock?(times: number): Promise<void>
}

/** What scenarios of one target have in common. */
export interface Surroundings {
  target: Target
  slots: number
  open(): Connection
  /** Goes round: everybody signs in before anybody does so again. */
  nextPerson(): number
  nextBrowser(): Browser
}

type Prepare = (around: Surroundings) => Promise<Prepared>

export const scenarios = {
  discovery: async () => ({ step: (connection) => flows.fetchPath(connection, '/.well-known/openid-configuration') }),
  jwks: async () => ({ step: (connection) => flows.fetchPath(connection, '/jwks') }),
  userinfo: prepareUserinfo,
  introspection: prepareIntrospection,
  'client-credentials-opaque': async () => prepareClientCredentials(OPAQUE_API),
  'client-credentials-jwt': async () => prepareClientCredentials(JWT_API),
  sso: (around) => prepareAuthorizing(around, 'portal'),
  'code-es256': (around) => prepareCodes(around, 'portal'),
  'code-rs256': (around) => prepareCodes(around, 'portal-rs256'),
  'refresh-es256': (around) => prepareRefreshing(around, 'app'),
  'refresh-rs256': (around) => prepareRefreshing(around, 'app-rs256'),
  'sign-in': (around) => prepareSignIn(around, 'portal'),
  /** With a refresh token. */
  'sign-in-for-long': (around) => prepareSignIn(around, 'app'),
} as const satisfies Record<string, Prepare>

export type ScenarioName = keyof typeof scenarios

function prepareClientCredentials(resource: string): Prepared {
  return {
    async step(connection) {
      await flows.clientCredentials(connection, resource)
    },
  }
}

async function prepareIntrospection(around: Surroundings): Promise<Prepared> {
  const ask = async (connection: Connection) => (await flows.clientCredentials(connection, OPAQUE_API)).access_token
  const tokens = await eachSlot(around, ask)
  return { step: (connection, slot) => flows.introspect(connection, of(tokens, slot)) }
}

/** A full sign-in by somebody who comes with an empty browser: five requests, to the tokens. */
async function prepareSignIn(around: Surroundings, id: ClientId): Promise<Prepared> {
  const path = flows.authorizationPath(id)
  return {
    async step(connection) {
      const code = await flows.signIn(connection, around.nextBrowser(), { index: around.nextPerson(), path })
      await flows.redeem(connection, id, code)
    },
  }
}

async function prepareAuthorizing(around: Surroundings, id: ClientId): Promise<Prepared> {
  const path = flows.authorizationPath(id)
  const browsers = await signedIn(around, id)
  return {
    async step(connection, slot) {
      await flows.authorizeAgain(connection, of(browsers, slot), path)
    },
  }
}

async function prepareCodes(around: Surroundings, id: ClientId): Promise<Prepared> {
  const path = flows.authorizationPath(id)
  const browsers = await signedIn(around, id)
  const codes: string[] = []
  return {
    async step(connection) {
      const code = codes.pop()
      if (code === undefined) throw new flows.FaultError('no code left')
      await flows.redeem(connection, id, code)
    },
    async restock(times) {
      codes.length = 0
      await eachSlot(around, async (connection, slot) => {
        while (codes.length < times) codes.push(await flows.authorizeAgain(connection, of(browsers, slot), path))
      })
    },
  }
}

async function prepareRefreshing(around: Surroundings, id: ClientId): Promise<Prepared> {
  const path = flows.authorizationPath(id)
  const tokens = await eachSlot(around, async (connection) => {
    const code = await flows.signIn(connection, around.nextBrowser(), { index: around.nextPerson(), path })
    return (await flows.redeem(connection, id, code)).refresh_token ?? ''
  })
  return {
    async step(connection, slot) {
      const next = await flows.refresh(connection, id, of(tokens, slot))
      if (next.refresh_token === undefined) throw new flows.FaultError('POST /token refresh: not rotated')
      tokens[slot % tokens.length] = next.refresh_token
    },
  }
}

async function prepareUserinfo(around: Surroundings): Promise<Prepared> {
  const path = flows.authorizationPath('portal')
  const tokens = await eachSlot(around, async (connection) => {
    const code = await flows.signIn(connection, around.nextBrowser(), { index: around.nextPerson(), path })
    return (await flows.redeem(connection, 'portal', code)).access_token
  })
  return { step: (connection, slot) => flows.userinfo(connection, of(tokens, slot)) }
}

function signedIn(around: Surroundings, id: ClientId): Promise<Browser[]> {
  const path = flows.authorizationPath(id)
  return eachSlot(around, async (connection) => {
    const browser = around.nextBrowser()
    await flows.signIn(connection, browser, { index: around.nextPerson(), path })
    return browser
  })
}

async function eachSlot<Result>(
  { slots, open }: Surroundings,
  work: (connection: Connection, slot: number) => Promise<Result>,
): Promise<Result[]> {
  return Promise.all(
    Array.from({ length: slots }, async (_, slot) => {
      const connection = open()
      const result = await work(connection, slot)
      connection.close()
      return result
    }),
  )
}

function of<Item>(items: readonly Item[], slot: number): Item {
  const item = items[slot % items.length]
  if (item === undefined) throw new Error('nothing was prepared')
  return item
}
