/**
 * Every path on which the provider issues anything, by its own list of routes and grant types: each stands behind the
 * gate. A route or a grant that a later version adds is named here, or this test fails.
 */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { DEVICE_GRANT } from '../../src/clients/clients.ts'
import type { PersonState } from '../../src/people/people.ts'
import { ofDevices } from '../support/device-world.ts'
import type { Answer } from '../support/house.ts'
import { sampleClient, sampleResourceServer, sampleService } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'

const GRADES = 'https://api.school.example/grades'
const offline = { scope: 'openid profile offline_access', prompt: 'consent' }

let world: ProviderWorld
afterEach(() => world.close())

const open = () =>
  openProviderWorld({
    clients: [
      sampleClient('library'),
      sampleClient('app-screen', { ...ofDevices, grant_types: [DEVICE_GRANT, 'refresh_token'] }),
      sampleService('timetable', [{ identifier: GRADES, scopes: ['grades:read'] }]),
    ],
    resourceServers: [sampleResourceServer(GRADES, 'library')],
  })

/** Goes as far as somebody in good standing may; what is left to do would issue something. */
type Path = (visitor: Visitor) => Promise<() => Promise<Answer>>

const raw = ({ raw: answer }: { raw: Answer }) => answer

/** A device that waits, and the form that lets it in. */
async function waitingDevice(visitor: Visitor) {
  const { body } = await visitor.machine('/device/auth', { scope: 'openid profile' }, 'app-screen')
  const { xsrf } = JSON.parse((await visitor.go('/device')).body)
  return {
    form: { xsrf, user_code: String(body['user_code']), confirm: 'yes' },
    poll: () => {
      const form = { grant_type: DEVICE_GRANT, device_code: String(body['device_code']) }
      return visitor.machine('/token', form, 'app-screen')
    },
  }
}

const redemption = (visitor: Visitor, code: string) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: 'https://library.school.example/callback',
  code_verifier: visitor.verifier,
})

const userinfo =
  (method: string): Path =>
  async (visitor) => {
    const { body } = await visitor.redeem(await visitor.signIn())
    const headers = { authorization: `Bearer ${String(body['access_token'])}` }
    return () => world.house.send('/me', { method, headers })
  }

/** In the name of a person. */
const OF_PEOPLE: Readonly<Record<string, Path>> = {
  'GET authorization': async (visitor) => {
    await visitor.signIn()
    return () => visitor.authorize({ params: { prompt: 'none' } })
  },
  'GET resume': async (visitor) => {
    const page = locationOf(await visitor.authorize())?.pathname ?? ''
    const resume = locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? ''
    return () => visitor.go(resume)
  },
  'POST token authorization_code': async (visitor) => {
    const code = await visitor.signIn()
    return async () => raw(await visitor.machine('/token', redemption(visitor, code), 'library'))
  },
  'POST token refresh_token': async (visitor) => {
    const { body } = await visitor.redeem(await visitor.signIn({ params: offline }))
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    return async () => raw(await visitor.machine('/token', form, 'library'))
  },
  [`POST token ${DEVICE_GRANT}`]: async (visitor) => {
    const { form, poll } = await waitingDevice(visitor)
    await visitor.finish(await visitor.go('/device', form))
    return async () => raw(await poll())
  },
  'POST code_verification': async (visitor) => {
    await visitor.signIn()
    const { form, poll } = await waitingDevice(visitor)
    return async () => {
      await visitor.go('/device', form)
      return raw(await poll())
    }
  },
  'GET device_resume': async (visitor) => {
    const { form, poll } = await waitingDevice(visitor)
    const page = locationOf(await visitor.go('/device', form))?.pathname ?? ''
    const resume = locationOf(await visitor.go(`${page}/sign-in`, { person: 'lan' }))?.href ?? ''
    return async () => {
      await visitor.go(resume)
      return raw(await poll())
    }
  },
  'GET userinfo': userinfo('GET'),
  'POST userinfo': userinfo('POST'),
}

/** To a client on its own account. */
const OF_CLIENTS: Readonly<Record<string, Path>> = {
  'POST token client_credentials': async (visitor) => async () =>
    raw(await visitor.machine('/token', { grant_type: 'client_credentials', resource: GRADES }, 'timetable')),
}

const REGISTERED =
  'about a client, for whoever registered it, while it is not disabled (registration-management.test.ts)'

const ISSUES_NOTHING: Readonly<Record<string, string>> = {
  'GET jwks': 'public',
  'GET discovery': 'public',
  'POST pushed_authorization_request': 'a request, which somebody has still to make',
  'POST device_authorization': 'a code, which somebody has still to allow',
  'GET code_verification': 'a form',
  'POST revocation': 'ends things',
  'POST introspection': 'tells of what there is, behind the gate (introspection.test.ts)',
  'GET end_session': 'ends things',
  'POST end_session_confirm': 'ends things',
  'GET end_session_success': 'a page',
  'POST registration': 'a client without people, by a token that an operator made (registration.test.ts)',
  'GET client': REGISTERED,
  'PUT client_update': REGISTERED,
  'DELETE client_delete': REGISTERED,
}

type Register = (this: unknown, name: string, ...rest: unknown[]) => unknown
type Method = 'get' | 'post' | 'put' | 'delete'

/** The library tells nobody of its routes, so its router is listened to while it is furnished. */
const ROUTER = '../../node_modules/oidc-provider/lib/helpers/router.js'
const names = new Set<string>()
beforeAll(async () => {
  const { default: Router }: { default: { prototype: Record<Method, Register> } } = await import(ROUTER)
  for (const method of ['get', 'post', 'put', 'delete'] as const) {
    const register = Router.prototype[method]
    Router.prototype[method] = function noted(name, ...rest) {
      names.add(`${method.toUpperCase()} ${name}`)
      return register.call(this, name, ...rest)
    }
  }
})

test('every route and every grant of the provider is known here', async () => {
  world = await open()
  const { body } = await world.house.send('/.well-known/openid-configuration')
  const grants: string[] = JSON.parse(body).grant_types_supported
  const found = [...names].flatMap((name) =>
    name === 'POST token' ? grants.map((grant) => `POST token ${grant}`) : [name],
  )
  const known = [OF_PEOPLE, OF_CLIENTS, ISSUES_NOTHING].flatMap((some) => Object.keys(some))
  expect(found.toSorted()).toEqual(known.toSorted())
})

/** What the answer, or what now lies in the store, gives to somebody. */
function issued(answer: Answer, before: ReadonlyMap<string, string>): string[] {
  const code = locationOf(answer)?.searchParams.has('code') ? ['code'] : []
  const told = ['access_token', 'refresh_token', 'id_token', 'sub'].filter((name) => answer.body.includes(`"${name}"`))
  const kinds = /^oidc:(access-token|authorization-code|refresh-token|client-credentials):/
  const kept = [...world.store.standing().keys()].filter((key) => kinds.test(key) && !before.has(key))
  return [...code, ...told, ...kept]
}

async function attempt(path: Path, change: () => Promise<unknown> | unknown): Promise<string[]> {
  world = await open()
  const goOn = await path(newVisitor(world))
  await change()
  const before = world.store.standing()
  return issued(await goOn(), before)
}

const later = () => new Date(Date.now() + 1_000)

const PERSONS_STATES: Readonly<Record<string, () => Promise<unknown>>> = {
  ...Object.fromEntries(
    (['pending', 'suspended', 'closed'] satisfies PersonState[]).map((state) => [
      `a person who is ${state}`,
      () => world.setState('lan', state),
    ]),
  ),
  'a person whose last identity has expired': async () => {
    const person = await world.needs.people.find('lan')
    for (const identity of person?.identities ?? []) identity.validTo = new Date(Date.now() - 1)
  },
  'a person whose sign-ins were ended': () =>
    world.needs.notBefore.set('person', 'lan', { at: later(), reason: 'staff', expiresAt: null }),
}

const CLIENTS_STATES: Readonly<Record<string, () => Promise<unknown>>> = {
  'anybody through a client that is disabled': async () => {
    for (const id of ['library', 'app-screen', 'timetable']) await world.needs.clients.disable(id, new Date())
  },
  'anybody while the gate cannot be asked': async () => {
    const down = Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 1 })
    world.needs.notBefore.standing = () => Promise.reject(down)
  },
}

describe.each(Object.entries(OF_PEOPLE))('%s issues', (_name, path) => {
  test('something to somebody in good standing', async () => {
    expect(await attempt(path, () => undefined)).not.toEqual([])
  })

  test.each(Object.entries({ ...PERSONS_STATES, ...CLIENTS_STATES }))('nothing to %s', async (_state, change) => {
    expect(await attempt(path, change)).toEqual([])
  })
})

describe.each(Object.entries(OF_CLIENTS))('%s issues', (_name, path) => {
  test('something to a client in good standing', async () => {
    expect(await attempt(path, () => undefined)).not.toEqual([])
  })

  test.each(Object.entries(CLIENTS_STATES))('nothing to %s', async (_state, change) => {
    expect(await attempt(path, change)).toEqual([])
  })
})
