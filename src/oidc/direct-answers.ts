/**
 * Answers the two questions that are asked most, userinfo and introspection, in front of the library, where they are
 * plain and the answer is yes. Whatever else is asked, is refused or is in doubt goes on to the library as if nobody
 * had looked: it is the only author of every other answer, and what is said here is what it would have said, to the
 * byte (test/protocol/direct-answers.test.ts; docs/decisions/2026-11-26-direct-answers.md).
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import type { ClientDirectory } from '../clients/clients.ts'
import { isUnavailable } from '../errors.ts'
import { namesOf } from '../http/request-state.ts'
import type { SubjectLookup } from '../subjects/subjects.ts'
import { createDirectIntrospection } from './direct-introspection.ts'
import { createDirectUserinfo } from './direct-userinfo.ts'
import { createKnownClients } from './known-clients.ts'
import type { RequestScope } from './request-scope.ts'
import type { Storage } from './storage-adapter.ts'

/** The answer's body; null where the library is to answer. Changes nothing, and leaves the request as it was. */
export type DirectAnswer = (ctx: Context) => Promise<object | null>

type Needs = Pick<Campus, 'clock' | 'config' | 'log' | 'metrics'> & Pick<ClientDirectory, 'resourceServers'>

interface Parts {
  storage: Pick<Storage, 'access' | 'clients'>
  subjectOf: SubjectLookup
  scope: RequestScope
}

const USERINFO = '/me'
const INTROSPECTION = '/token/introspection'

/** What a page may see of the answer's head. */
const EXPOSED = { [USERINFO]: 'DPoP-Nonce,WWW-Authenticate', [INTROSPECTION]: 'WWW-Authenticate' }

export function createDirectAnswers(
  needs: Needs,
  provider: Provider,
  { storage, subjectOf, scope }: Parts,
): Middleware {
  const { log, metrics } = needs
  const { access } = storage
  const clients = createKnownClients(provider, storage.clients)
  const userinfo = createDirectUserinfo(needs, provider, { access, clients })
  const introspection = createDirectIntrospection(needs, { access, clients, subjectOf })

  /** As it was sent, without a query: other spellings of an address are the library's. */
  function answerTo({ method, url }: Context): [DirectAnswer, route: typeof USERINFO | typeof INTROSPECTION] | null {
    if (method === 'GET' && url === USERINFO) return [userinfo, USERINFO]
    if (method === 'POST' && url === INTROSPECTION) return [introspection, INTROSPECTION]
    return null
  }

  return async (ctx, next) => {
    const [answer, route] = answerTo(ctx) ?? [null, null]
    if (answer === null || isUnusual(ctx.req.headers)) return next()
    // What was read is remembered for the library, should it be asked after all.
    const body = await scope
      .run(ctx, () => answer(ctx))
      .catch((error: unknown) => {
        // Who goes on meets it again, and answers as it should.
        if (!isUnavailable(error)) log.error({ ...namesOf(ctx), route, err: error }, 'bug')
        return null
      })
    if (body === null) return next()
    ctx.set({ Vary: 'Origin', 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED[route] })
    ctx.set('cache-control', 'no-store')
    ctx.body = body
    // For the log, the metrics and the trace.
    ctx['_matchedRoute'] = route
    metrics.count('campus_direct_answers_total', { route })
  }
}

/** Each of them changes what the library does, or might in a later version. */
const UNUSUAL = ['origin', 'dpop', 'oauth-client-attestation', 'oauth-client-attestation-pop', 'transfer-encoding']

function isUnusual(headers: IncomingHttpHeaders): boolean {
  return UNUSUAL.some((name) => headers[name] !== undefined)
}
