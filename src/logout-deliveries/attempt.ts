/** One try to tell one relying party, and what becomes of the delivery. */
import type { Logger } from 'pino'
import type { Campus } from '../campus.ts'
import { backOffSeconds, chanceFrom, TRIES_SECONDS } from './back-off.ts'
import type { LogoutDelivery, LogoutDesk, Told } from './logout-deliveries.ts'

type Needs = Pick<Campus, 'logoutDeliveries' | 'clock' | 'random' | 'audit' | 'metrics'> & {
  log: Pick<Logger, 'warn'>
}

type Failed = Extract<Told, { kind: 'failed' }>

/** Answers whether the client is there. Never rejects. */
export type Attempt = (delivery: LogoutDelivery) => Promise<boolean>

export function createAttempt(needs: Needs, { tell }: Pick<LogoutDesk, 'tell'>): Attempt {
  const { logoutDeliveries, clock, random, log } = needs

  async function attempt(delivery: LogoutDelivery): Promise<boolean> {
    try {
      const told = await tell(delivery)
      if (told.kind !== 'failed') await finish(delivery, told.kind)
      else await putOff(delivery, told)
      return told.kind !== 'failed' || told.answers
    } catch (error) {
      // It is tried again when nobody holds it any more, and may then be told twice.
      log.warn({ err: error, client: delivery.clientId }, 'what became of a logout delivery could not be kept')
      return false
    }
  }

  async function finish(delivery: LogoutDelivery, kind: 'told' | 'nobody'): Promise<void> {
    await logoutDeliveries.finish(delivery)
    const { clientId: client } = delivery
    needs.metrics.count('campus_logout_deliveries_total', { client, result: kind === 'told' ? 'delivered' : 'ended' })
    const row = { actor: 'system', client, subject: `person:${delivery.personId}` }
    if (kind === 'told') needs.audit.note({ ...row, event: 'back-channel-logout.delivered', result: 'success' })
    else needs.audit.note({ ...row, event: 'back-channel-logout.ended', result: 'refused', reason: 'nobody_to_tell' })
  }

  async function putOff(delivery: LogoutDelivery, { failure, cause }: Failed): Promise<void> {
    const { clientId: client, attempts, until } = delivery
    log.warn({ client, attempts, failure, err: cause }, 'back-channel logout failed')
    needs.metrics.count('campus_logout_deliveries_total', { client, result: 'failed' })
    const now = clock()
    const wait = backOffSeconds(attempts, TRIES_SECONDS, chanceFrom(random))
    const dueAt = new Date(now.getTime() + wait * 1_000)
    if (dueAt < until) {
      await logoutDeliveries.postpone(delivery, { dueAt, failure })
      const row = { event: 'back-channel-logout.failed', result: 'error', reason: failure, client } as const
      needs.audit.note({ ...row, actor: 'system' }, `back-channel-logout.failed ${client} ${failure}`)
      return
    }
    await logoutDeliveries.giveUp(delivery, { at: now, failure })
    noteGivenUp(needs, { client, count: 1 })
  }

  return attempt
}

export function noteGivenUp(
  { audit, metrics, log }: Pick<Needs, 'audit' | 'metrics' | 'log'>,
  { client, count }: { client: string; count: number },
): void {
  log.warn({ client, count }, 'logout deliveries were given up: campus-id logout list shows them')
  metrics.count('campus_logout_deliveries_total', { client, result: 'given_up' }, count)
  const row = { event: 'back-channel-logout.given-up', result: 'error', actor: 'system', client } as const
  audit.note({ ...row, details: { count } })
}
