/**
 * Anybody may open the sign-in page, and what a visit leaves behind is kept for a quarter of an hour. Visits are
 * counted by whose they are, so that nobody can fill the store: strangers by where they come from, browsers on which
 * somebody has signed in before by themselves, and whoever is signed in by person. Strangers, regulars and each campus
 * network have a budget apart, so that strangers with many addresses keep nobody else out.
 */
import { errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { readKnownDevice } from '../devices/devices.ts'
import {
  type Count,
  countTogether,
  type Expiry,
  giveBack,
  isWithin,
  type Key,
  type Limit,
} from '../expiring/expiring.ts'
import { addressOf } from '../http/request-state.ts'
import { originOf } from '../throttle/throttle.ts'
import { LIFETIME_SECONDS } from './lifetimes.ts'
import type { Records } from './records.ts'
import type { RequestScope } from './request-scope.ts'

/**
 * What counts as one visit. An ordinary one takes 0.5 to 1.5 KB; a request of 8 KiB that was written to grow when it
 * is stored takes some 45 KB, and counts for as much.
 */
export const VISIT_BYTES = 2 * 1024

/**
 * In a quarter of an hour. So the records of strangers are at most 0.4 GB, those of regulars as much again, and those
 * of each campus network 0.3 GB; as Redis lays them out they take up to a quarter more.
 */
export const VISITS_MAX = {
  /**
   * A household, a lecture hall behind a router that nobody listed, a mobile operator's gateway. The wider networks of
   * an IPv6 address have three and ten times as many (`prefixesOf`).
   */
  address: 2_000,
  /** One network that the operator lists: the first day of term, when everybody comes at once. */
  campus: 150_000,
  /** All strangers outside the listed networks together. */
  outside: 200_000,
  /** A browser on which somebody has signed in before: that of a library's terminal, too. */
  device: 100,
  person: 100,
  /** All who have a budget of their own, as a device or as a person, together. */
  regulars: 200_000,
} as const

/** Counts, and perhaps writes what is counted for. */
type Spend = (budgets: readonly Budget[]) => Promise<(Budget & Count)[]>

export interface CrowdControl {
  /** To be asked before a record of so many bytes is written for a visit. Throws where a budget is used up. */
  admit(bytes: number): Promise<void>
  /** Asks for a record, and writes it in the trip that admits it. */
  put(records: Pick<Records, 'put' | 'putWithin'>, key: Key, record: string, expiry: Expiry): Promise<void>
}

type Needs = Pick<Campus, 'config' | 'clock' | 'expiring' | 'keyrings'>

interface Budget extends Limit {
  /** 429 where it is the asker's own, 503 where others have used it up. */
  status: 429 | 503
}

/** What stands in the way: the status to answer, and in how many seconds to come again. */
interface Obstacle {
  status: 429 | 503
  secondsLeft: number
}

class TooManyVisits extends errors.OIDCProviderError {
  constructor(status: 429 | 503) {
    super(status, status === 429 ? 'too_many_requests' : 'temporarily_unavailable')
    this.name = 'TooManyVisits'
    this.error_description = 'too many sign-ins are open from here; please try again later'
    this.expose = true
    this.allow_redirect = false
  }
}

const WINDOW = { seconds: LIFETIME_SECONDS.interaction }

export function createCrowdControl(needs: Needs, scope: RequestScope): CrowdControl {
  /** Counts against all of them in one round trip. What is refused uses up only what refuses it. */
  async function obstacleTo(spend: Spend, budgets: readonly Budget[]): Promise<Obstacle | null> {
    const counted = await spend(budgets)
    const [over, within] = [counted.filter((one) => !isWithin(one)), counted.filter(isWithin)]
    const [first] = over
    if (first === undefined) return null
    await giveBack(needs, within)
    return { status: first.status, secondsLeft: Math.max(...over.map(({ secondsLeft }) => secondsLeft)) }
  }

  async function admit(ctx: KoaContextWithOIDC, bytes: number, spend: Spend): Promise<void> {
    const by = Math.max(1, Math.ceil(bytes / VISIT_BYTES))
    const costing = (budgets: readonly Budget[]) => budgets.map((budget) => ({ ...budget, by }))
    const [first, ...others] = waysIn(needs, ctx)
    let obstacle = await obstacleTo(spend, costing(first))
    for (const budgets of others) obstacle &&= await obstacleTo(spend, costing(budgets))
    if (obstacle === null) return
    scope.current().retryAfterSeconds = obstacle.secondsLeft
    throw new TooManyVisits(obstacle.status)
  }

  return {
    async admit(bytes) {
      const ctx = Provider.ctx
      if (ctx && !isOwnServer(ctx)) await admit(ctx, bytes, (budgets) => countTogether(needs, budgets))
    },
    async put(records, key, record, expiry) {
      const ctx = Provider.ctx
      if (!ctx || isOwnServer(ctx)) return records.put(key, record, expiry)
      await admit(ctx, Buffer.byteLength(record), (budgets) => records.putWithin(key, record, expiry, budgets))
    },
  }
}

const OF_CLIENTS: readonly string[] = ['pushed_authorization_request', 'device_authorization']

/** A client that has shown a secret comes from its own server. */
function isOwnServer({ oidc }: KoaContextWithOIDC): boolean {
  return OF_CLIENTS.includes(oidc.route) && oidc.client?.clientAuthMethod !== 'none'
}

/** The budgets of each way in, the best first; one of them must do. */
function waysIn(needs: Needs, ctx: KoaContextWithOIDC): [Budget[], ...Budget[][]] {
  const personId = ctx.oidc.session?.accountId
  const regulars = budget(needs, 'regulars')
  const strangers = strangersBudgets(needs, ctx)
  if (personId !== undefined) {
    const person = budget(needs, 'person', personId)
    // Insiders who fill what regulars share make strangers of the others; nobody has a second budget by it.
    return [
      [person, regulars],
      [person, ...strangers],
    ]
  }
  const device = readKnownDevice(needs, ctx)
  if (device === null) return [strangers]
  // A cookie that went round, on a disk image or by theft, makes strangers of its bearers and shuts none of them out.
  return [[budget(needs, 'device', device.id), regulars], strangers]
}

function strangersBudgets(needs: Needs, ctx: KoaContextWithOIDC): Budget[] {
  const origin = originOf(addressOf(ctx), needs.config.campusNetworks)
  if (origin.kind === 'campus') return [budget(needs, 'campus', origin.name)]
  const networks = origin.prefixes.map(({ name, factor }) => budget(needs, 'address', name, factor))
  return [...networks, budget(needs, 'outside')]
}

const STATUS = { address: 429, device: 429, person: 429, campus: 503, outside: 503, regulars: 503 } as const

function budget({ keyrings }: Needs, kind: keyof typeof VISITS_MAX, whose?: string, factor = 1): Budget {
  const name = whose === undefined ? kind : `${kind}:${keyrings.fingerprint('visits', whose)}`
  return { ...WINDOW, key: `oidc:visits:${name}`, most: VISITS_MAX[kind] * factor, status: STATUS[kind] }
}
