/**
 * What the provider does, in the audit. The library calls its listeners while it answers: one that throws would make a
 * 500 of an answer that has taken effect, one that rejects would end the process. So none of ours can do either.
 */
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import type { AuditEvent } from '../audit/audit.ts'
import type { Campus } from '../campus.ts'
import { isUnavailable } from '../errors.ts'
import { requestIdOf } from '../http/request-state.ts'
import { noteOf } from './notes.ts'

type Needs = Pick<Campus, 'audit' | 'log'>

/** Makes a listener that neither throws nor rejects. */
type Safely = <Args extends unknown[]>(listener: (...args: Args) => void) => (...args: Args) => void

type Note = (ctx: KoaContextWithOIDC, event: Omit<AuditEvent, 'address' | 'request'>) => void

export function noteProviderEvents(provider: Provider, { audit, log }: Needs): void {
  const safely: Safely =
    (listener) =>
    (...args) => {
      try {
        listener(...args)
      } catch (err) {
        log.error({ err }, 'a listener of the provider failed')
      }
    }
  const note: Note = (ctx, event) => audit.note({ ...aboutPerson(ctx), ...noteOf(ctx), ...event })
  noteSuccesses(provider, safely, note)
  noteRefusals(provider, safely, note, log)
  noteBackChannel(provider, safely, note, log)
  provider.on(
    'server_error',
    safely((ctx, err) => {
      log.error({ request: requestIdOf(ctx), route: ctx.oidc.route, err }, 'bug')
      note(ctx, { event: 'provider.failed', result: 'error', reason: 'internal_error' })
    }),
  )
}

function noteSuccesses(provider: Provider, safely: Safely, note: Note): void {
  const success = (event: string) => safely((ctx: KoaContextWithOIDC) => note(ctx, { event, result: 'success' }))
  const issued = (event: string) =>
    safely((ctx: KoaContextWithOIDC) => note(ctx, { event, result: 'success', details: asked(ctx) }))
  provider.on('authorization.success', issued('authorization.granted'))
  provider.on('grant.success', issued('tokens.issued'))
  provider.on('grant.revoked', issued('grant.revoked'))
  provider.on('end_session.success', success('sign-out.completed'))
}

function noteRefusals(provider: Provider, safely: Safely, note: Note, log: Needs['log']): void {
  const refused = (event: string) =>
    safely((ctx: KoaContextWithOIDC, err: errors.OIDCProviderError) => {
      // The true reason, which no client is told, is for the log alone.
      log.info({ request: requestIdOf(ctx), event, code: err.error, cause: err.error_detail }, 'refused')
      if (!isUnavailable(err)) note(ctx, { event, result: 'refused', reason: err.error })
    })
  const [tokens, authentication] = [refused('tokens.refused'), refused('client-authentication.refused')]
  provider.on('grant.error', (ctx, err) => {
    const listener = err instanceof errors.InvalidClientAuth ? authentication : tokens
    listener(ctx, err)
  })
  provider.on('authorization.error', refused('authorization.refused'))
  provider.on('pushed_authorization_request.error', refused('pushed-request.refused'))
  provider.on('revocation.error', refused('revocation.refused'))
  provider.on('userinfo.error', refused('userinfo.refused'))
  provider.on('end_session.error', refused('sign-out.refused'))
}

function noteBackChannel(provider: Provider, safely: Safely, note: Note, log: Needs['log']): void {
  provider.on(
    'backchannel.success',
    safely((ctx, client, personId) => {
      const subject = `person:${personId}`
      note(ctx, { event: 'back-channel-logout.delivered', result: 'success', client: client.clientId, subject })
    }),
  )
  provider.on(
    'backchannel.error',
    safely((ctx, err, client, personId) => {
      log.warn({ request: requestIdOf(ctx), client: client.clientId, err }, 'back-channel logout failed')
      const subject = `person:${personId}`
      note(ctx, { event: 'back-channel-logout.failed', result: 'error', client: client.clientId, subject })
    }),
  )
}

function aboutPerson({ oidc }: KoaContextWithOIDC): Pick<AuditEvent, 'subject'> {
  const personId = oidc.account?.accountId ?? oidc.session?.accountId
  return personId === undefined ? {} : { subject: `person:${personId}` }
}

function asked({ oidc: { params, route } }: KoaContextWithOIDC): NonNullable<AuditEvent['details']> {
  const text = (name: string) => (typeof params?.[name] === 'string' ? params[name] : null)
  return { route, scope: text('scope'), grant_type: text('grant_type') }
}
