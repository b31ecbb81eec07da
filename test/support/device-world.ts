/** Devices that show a code, and people who let them in, on real stores. */
import { DEVICE_GRANT } from '../../src/clients/clients.ts'
import { keyOf } from '../../src/oidc/records.ts'
import { sampleClient } from './memory-desk.ts'
import { newVisitor, type Tokens, type Visitor } from './provider-visitor.ts'
import type { ProviderWorld } from './provider-world.ts'
import { openRealWorld } from './real-world.ts'

/** What a client that only devices use leaves out. */
export const ofDevices = {
  redirect_uris: [],
  post_logout_redirect_uris: [],
  response_types: [],
  token_endpoint_auth_method: 'none',
}

export interface Asking {
  deviceCode: string
  userCode: string
  complete: string
}

/** A page of ours, as the plain pages of the tests write it down. */
export interface Page {
  status: number
  step?: string
  problem?: { kind: string; retryAfterSeconds?: number }
  xsrf: string
  code: string
  asked?: { address: string; secondsAgo: number; isHere: boolean }
  client?: { id: string }
}

export interface DeviceWorld {
  world: ProviderWorld
  sign: { person: string }
  begin(client?: string, scope?: string): Promise<Asking>
  /** What the device is told; each time as if it had waited. */
  poll(asking: Asking, client?: string): Promise<Tokens>
  open(visitor: Visitor, address?: string): Promise<Page>
  post(visitor: Visitor, form: Record<string, string>): Promise<Page>
  enter(visitor: Visitor, userCode: string): Promise<Page>
  /** Says yes to the page that stands, and signs in. */
  allow(visitor: Visitor, page: Page): Promise<Page>
  letIn(asking: Asking): Promise<Visitor>
  close(): Promise<void>
}

/** With a first-party client, `app-screen`, one of somebody else, `app-kiosk`, and one for browsers, `library`. */
export async function openDeviceWorld(): Promise<DeviceWorld> {
  const { world, sign, close } = await openRealWorld([
    sampleClient('app-screen', { ...ofDevices, grant_types: [DEVICE_GRANT, 'refresh_token'] }),
    sampleClient('app-kiosk', { ...ofDevices, grant_types: [DEVICE_GRANT], scope: 'openid', first_party: false }),
    sampleClient('library'),
  ])

  const open: DeviceWorld['open'] = async (visitor, address = '/device') => {
    const { status, body } = await visitor.go(address)
    return { status, ...JSON.parse(body) }
  }

  const post: DeviceWorld['post'] = async (visitor, form) => {
    const { status, body } = await visitor.go('/device', form)
    return { status, ...JSON.parse(body) }
  }

  const enter: DeviceWorld['enter'] = async (visitor, userCode) => {
    const { xsrf } = await open(visitor)
    return post(visitor, { xsrf, user_code: userCode })
  }

  const allow: DeviceWorld['allow'] = async (visitor, { xsrf, code }) => {
    const arrived = await visitor.go('/device', { xsrf, user_code: code, confirm: 'yes' })
    const { status, body } = await visitor.finish(arrived, sign)
    return { status, ...JSON.parse(body) }
  }

  return {
    world,
    sign,
    open,
    post,
    enter,
    allow,
    close,
    async begin(client = 'app-screen', scope = 'openid profile offline_access') {
      const { body } = await newVisitor(world).machine('/device/auth', { scope }, client)
      return {
        deviceCode: String(body['device_code']),
        userCode: String(body['user_code']),
        complete: String(body['verification_uri_complete']),
      }
    },
    async poll({ deviceCode }, client = 'app-screen') {
      await world.needs.expiring.remove(`${keyOf('DeviceCode', deviceCode)}:asked`)
      return newVisitor(world).machine('/token', { grant_type: DEVICE_GRANT, device_code: deviceCode }, client)
    },
    async letIn({ userCode }) {
      const visitor = newVisitor(world)
      const { status, step } = await allow(visitor, await enter(visitor, userCode))
      if (step !== 'allowed') throw new Error(`the device is not let in: ${status} ${step}`)
      return visitor
    },
  }
}
