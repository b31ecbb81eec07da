/**
 * What the provider does, in the audit. The library calls its listeners while it answers: one that throws would make a
 * 500 of an answer that has taken effect, one that rejects would end the process. So none of ours can do either.
 * Rows are kept for ever: what concerns nobody whom we know leaves a line in the log alone, and refusals, which anybody
 * can provoke without end, are counted.
 */
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import type { AuditEvent } from '../audit/audit.ts'
import type { Campus } from '../campus.ts'
import { isUnavailable } from '../errors.ts'
import { namesOf } from '../http/request-state.ts'
import { kindOf, noteOf } from './notes.ts'

type Needs = Pick<Campus, 'audit' | 'log'>

/** Makes a listener that neither throws nor rejects. */
type Safely = <Args extends unknown[]>(listener: (...args: Args) => void) => (...args: Args) => void

type Note = (ctx: KoaContextWithOIDC, event: Omit<AuditEvent, 'address' | 'request'>) => void

interface Notes {
  /** A row of its own. */
  note: Note
  /** Of those that are alike, a row at once and then one a minute. */
  noteRepeated: Note
}

/** Tells whether a request concerns somebody, or is merely something that somebody has sent. */
type Concerns = (ctx: KoaContextWithOIDC) => boolean

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
  const rowOf = (ctx: KoaContextWithOIDC, event: Parameters<Note>[1]) => ({
    ...aboutPerson(ctx),
    ...noteOf(ctx),
    ...event,
  })
  const notes: Notes = {
    note: (ctx, event) => audit.note(rowOf(ctx, event)),
    noteRepeated: (ctx, event) => {
      const row = rowOf(ctx, event)
      audit.note(row, kindOf(row))
    },
  }
  noteSuccesses(provider, safely, notes)
  noteRefusals(provider, safely, notes, log)
  provider.on(
    'server_error',
    safely((ctx, err) => {
      log.error({ ...namesOf(ctx), route: ctx.oidc.route, err }, 'bug')
      notes.noteRepeated(ctx, { event: 'provider.failed', result: 'error', reason: 'internal_error' })
    }),
  )
}

function noteSuccesses(provider: Provider, safely: Safely, { note }: Notes): void {
  const issued = (event: string) =>
    safely((ctx: KoaContextWithOIDC) => note(ctx, { event, result: 'success', details: asked(ctx) }))
  provider.on('authorization.success', issued('authorization.granted'))
  provider.on('grant.success', issued('tokens.issued'))
  provider.on('grant.revoked', issued('grant.revoked'))
}

function noteRefusals(provider: Provider, safely: Safely, { noteRepeated }: Notes, log: Needs['log']): void {
  const refused = (event: string, concerns: Concerns) =>
    safely((ctx: KoaContextWithOIDC, err: errors.OIDCProviderError) => {
      // The true reason, which no client is told, is for the log alone.
      log.info({ ...namesOf(ctx), event, code: err.error, cause: err.error_detail }, 'refused')
      if (isUnavailable(err) || !concerns(ctx)) return
      noteRepeated(ctx, { event, result: 'refused', reason: err.error })
    })
  const tokens = refused('tokens.refused', isSomebodys)
  const authentication = refused('client-authentication.refused', isSomebodys)
  provider.on('grant.error', (ctx, err) => {
    const listener = err instanceof errors.InvalidClientAuth ? authentication : tokens
    listener(ctx, err)
  })
  provider.on('pushed_authorization_request.error', refused('pushed-request.refused', isSomebodys))
  provider.on('revocation.error', refused('revocation.refused', isSomebodys))
  provider.on('introspection.error', refused('introspection.refused', isSomebodys))
  provider.on('userinfo.error', refused('userinfo.refused', isSomebodys))
  provider.on('device_authorization.error', refused('device.refused-code', isSomebodys))
  const registration = refused('registration.refused', holdsToken)
  provider.on('registration_create.error', registration)
  provider.on('registration_read.error', registration)
  provider.on('registration_update.error', registration)
  provider.on('registration_delete.error', registration)
  // Here a browser speaks, and it may name any client that it likes.
  provider.on('authorization.error', refused('authorization.refused', isPersons))
  provider.on('code_verification.error', refused('device.failed', isPersons))
  provider.on('device_resume.error', refused('device.failed', isPersons))
  provider.on('end_session.error', refused('sign-out.refused', isPersons))
}

const isPersons: Concerns = (ctx) => aboutPerson(ctx).subject !== undefined

/** Whoever came with a token that an operator or we ourselves have made. */
const holdsToken: Concerns = ({ oidc: { entities } }) =>
  entities.InitialAccessToken !== undefined || entities.RegistrationAccessToken !== undefined

const isSomebodys: Concerns = (ctx) => ctx.oidc.client !== undefined || isPersons(ctx)

function aboutPerson({ oidc }: KoaContextWithOIDC): Pick<AuditEvent, 'subject'> {
  const personId = oidc.account?.accountId ?? oidc.session?.accountId
  return personId === undefined ? {} : { subject: `person:${personId}` }
}

function asked({ oidc: { params, route } }: KoaContextWithOIDC): NonNullable<AuditEvent['details']> {
  const text = (name: string) => (typeof params?.[name] === 'string' ? params[name] : null)
  const resource = text('resource')
  return { route, scope: text('scope'), grant_type: text('grant_type'), ...(resource !== null && { resource }) }
}
