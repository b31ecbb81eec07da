import type { Campus } from '../campus.ts'
import type { OutboundFetch } from './oidc.ts'

/** Whom we call gets no `traceparent`: what goes on inside a sign-in is not a relying party's business. */
export function traceFetch({ tracing }: Pick<Campus, 'tracing'>, fetch: OutboundFetch): OutboundFetch {
  return (url, options) => {
    const host = URL.parse(url)?.host ?? 'none'
    return tracing.span('outbound', { 'server.address': host }, () => fetch(url, options))
  }
}
