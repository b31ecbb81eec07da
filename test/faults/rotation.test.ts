/**
 * Keys that change while two servers answer, and relying parties that keep the key set for nothing, five minutes and an
 * hour. Twenty rotations here; FAULT_ROTATIONS=100 for a hundred, as `npm run faults` asks. FAULT_SEED repeats a run.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeProtectedHeader } from 'jose'
import { ANNOUNCED_SECONDS, SIGNING_KEY_KEPT_SECONDS } from '../../src/keys/keys.ts'
import {
  CLIENTS,
  fetchFrom,
  keySetKeeper,
  openLoad,
  openRotatingHouses,
  type RotatingHouses,
  throughCache,
} from '../support/rotating-houses.ts'

const ROUNDS = Number(process.env['FAULT_ROTATIONS'] ?? 20)
const SEED = Number(process.env['FAULT_SEED'] ?? 20_261_126)
const HOUR = 3_600
/** Longer than an ID token lives, and than an access token that is signed. */
const TOKEN_SECONDS = HOUR

let houses: RotatingHouses
beforeAll(async () => {
  houses = await openRotatingHouses()
}, 60_000)
afterAll(() => houses?.close())

test(`${ROUNDS} rotations under load: no signature fails anywhere (seed ${SEED})`, async () => {
  const random = mulberry(SEED)
  const whole = (least: number, most: number) => least + Math.floor(random() * (most - least + 1))
  const { world: one } = houses.houses[0]
  const { world: other } = houses.houses[1]
  const loads = [await openLoad(one, houses.lan), await openLoad(other, houses.lan)]
  const parties = [0, 300, HOUR].flatMap((kept) => [one, other].map((at) => keySetKeeper(houses, kept, fetchFrom(at))))
  parties.push(keySetKeeper(houses, HOUR, throughCache(houses, one)))

  const failures: string[] = []
  const signers = new Set<string>()
  let held: { token: string; until: number }[] = []
  let [signed, verified] = [0, 0]

  async function verify(token: string) {
    const found = await Promise.all(parties.map((party) => party(token)))
    verified += found.length
    failures.push(...found.flatMap((failure) => failure ?? []))
  }

  /** What goes on at one moment: both servers sign, and what was signed earlier is shown for the last time. */
  async function traffic() {
    const client = CLIENTS[whole(0, 1)] ?? 'library'
    const tokens = await Promise.all(
      loads.flatMap((load) => [load.refresh(client), random() < 0.5 ? load.exchange(client) : load.refresh(client)]),
    )
    signed += tokens.length
    for (const token of tokens) signers.add(String(decodeProtectedHeader(token).kid))
    const late = held.filter(({ until }) => until <= houses.now())
    held = held.filter(({ until }) => until > houses.now())
    held.push(...tokens.map((token) => ({ token, until: houses.now() + whole(0, TOKEN_SECONDS) * 1_000 })))
    for (const token of [...tokens, ...late.map((one) => one.token)]) await verify(token)
  }

  async function pass(seconds: number) {
    for (let left = seconds; left > 0; ) {
      const step = Math.min(left, whole(1, 1_500))
      houses.pass(step)
      left -= step
      await traffic()
    }
  }

  for (let round = 0; round < ROUNDS; round++) {
    await houses.announce(round % 2 === 0 ? 0 : 1, round % 4 === 3 ? 'RS256' : 'ES256')
    // The servers learn of it one after the other.
    for (const { pickUp } of round % 3 === 0 ? houses.houses : houses.houses.toReversed()) {
      await traffic()
      houses.pass(1)
      await pickUp()
    }
    // Close to the moment, one of them has changed over already.
    await pass(ANNOUNCED_SECONDS - 2 - 6)
    for (let second = 0; second < 12; second += 2) {
      houses.pass(2)
      await traffic()
    }
    await pass(whole(1, 2 * HOUR))
    if (round % 10 === 9) {
      held = []
      houses.pass(SIGNING_KEY_KEPT_SECONDS)
      await houses.tidyUp()
      for (const { pickUp } of houses.houses) await pickUp()
      await traffic()
    }
  }

  expect(failures).toEqual([])
  // The first two keys, and each that was announced, have signed.
  expect(signers.size).toBe(ROUNDS + 2)
  expect((await houses.keys()).filter(({ publicJwk }) => publicJwk !== null).length).toBeLessThan(14)
  process.stdout.write(`${ROUNDS} rotations, ${signed} tokens, ${verified} verifications, none failed\n`)
}, 600_000)

/** A small generator with a seed: a run can be repeated. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
