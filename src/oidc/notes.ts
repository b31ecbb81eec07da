/** What every audit row of the provider says of its request. */
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { AuditEvent } from '../audit/audit.ts'
import { addressOf, requestIdOf } from '../http/request-state.ts'

export function noteOf(ctx: KoaContextWithOIDC): Pick<AuditEvent, 'client' | 'address' | 'request'> {
  const client = ctx.oidc.client?.clientId
  return { address: addressOf(ctx), request: requestIdOf(ctx), ...(client !== undefined && { client }) }
}
