/** What every audit row of the provider says of its request, and which rows are of one kind. */
import type { Context } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { AuditEvent } from '../audit/audit.ts'
import type { Campus } from '../campus.ts'
import { readKnownDevice } from '../devices/devices.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'
import { prefixesOf } from '../throttle/throttle.ts'

export function noteOf(ctx: KoaContextWithOIDC): Pick<AuditEvent, 'client' | 'address' | 'request'> {
  const client = ctx.oidc.client?.clientId
  return { address: addressOf(ctx), request: requestIdOf(ctx), ...(client !== undefined && { client }) }
}

/** The identifier of a browser that somebody has signed in on: random, and nobody's name. */
export function deviceOf(
  needs: Pick<Campus, 'config' | 'clock' | 'keyrings'>,
  ctx: Context,
): Pick<AuditEvent, 'device'> {
  const device = readKnownDevice(needs, ctx)
  return device ? { device: device.id } : {}
}

/** For `AuditTrail.note`: what happened, with whom, from which network; the widest, for one host has many addresses. */
export function kindOf({ event, result, reason, client, subject, address }: AuditEvent): string {
  const network = address === undefined ? null : prefixesOf(address).at(-1)?.name
  return JSON.stringify([event, result, reason, client, subject, network])
}
