/**
 * The known device: a cookie given by an earlier success, so that strangers who guess cannot lock a person out. It is
 * neither the session, nor 7天免登录, nor the trusted device that skips a second factor.
 */
import type { Context } from 'koa'
import type { Campus } from '../campus.ts'
import { cookiesFor } from '../http/cookies.ts'
import type { PersonId } from '../people/people.ts'
import {
  type DeviceContents,
  type DeviceKeys,
  decodeDevice,
  encodeDevice,
  introduce,
  knowsPerson,
  LIFETIME_SECONDS,
} from './known-device.ts'

export interface KnownDevice {
  /** A random identifier of this browser. */
  id: string
  /** Has signed this person in; where `since` is given, later than that. */
  knows(personId: PersonId, since?: Date): boolean
}

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'keyrings'>

/** null for a browser that nobody has signed in on, and for a cookie that is forged, damaged or too old. */
export function readKnownDevice(needs: Omit<Needs, 'random'>, ctx: Context): KnownDevice | null {
  const device = readCookie(needs, ctx)
  if (!device) return null
  return { id: device.id, knows: (...who) => knowsPerson(deviceKeys(needs), device, ...who) }
}

export interface IntroducedDevice {
  id: string
  /** To be called by every completed sign-in, and by nothing else: it is what a success leaves behind. */
  remember(): void
}

/** What a device will be once this person has signed in on it; `at` is the moment for which that was proven. */
export function introduceDevice(needs: Needs, ctx: Context, personId: PersonId, at: Date): IntroducedDevice {
  const keys = deviceKeys(needs)
  const device = introduce({ keys, random: needs.random, now: at }, readCookie(needs, ctx), personId)
  const { name, attributes } = cookiesFor(needs.config.issuer)
  // It carries its own signature, which binds purpose and key; a second one by Koa would be another cookie.
  const options = { ...attributes, path: '/', maxAge: LIFETIME_SECONDS * 1_000, signed: false }
  return {
    id: device.id,
    remember: () => {
      ctx.cookies.set(name('device'), encodeDevice(keys, device), options)
    },
  }
}

function deviceKeys({ keyrings }: Pick<Needs, 'keyrings'>): DeviceKeys {
  return { ring: keyrings.cookies(), mac: keyrings.mac }
}

function readCookie({ config, clock, keyrings }: Omit<Needs, 'random'>, ctx: Context): DeviceContents | null {
  const value = ctx.cookies.get(cookiesFor(config.issuer).name('device'), { signed: false })
  return value === undefined ? null : decodeDevice(deviceKeys({ keyrings }), value, clock())
}
