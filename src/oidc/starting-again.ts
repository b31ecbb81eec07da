/**
 * No sign-in ends nowhere. A visit may be over when somebody comes back to its page: it expired, was finished in
 * another tab or by the first of two clicks, or its cookie is gone. The request that began it stands sealed in the
 * address of each of its pages, and begins again; where that cannot be, one button leads to the relying party.
 *
 * What is sealed is what stood in an address before, and leads to `/auth` alone, where it is looked at as any other
 * request is. So nothing is lost where a seal is opened, copied or shown to another browser.
 */
import type { Context } from 'koa'
import type { Client, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { initiationAddress } from '../clients/clients.ts'
import { type Sealed, seal, unseal } from '../keys/keys.ts'
import { againIn, stepAddress } from '../pages/visit-address.ts'
import { visitClientOf } from './client-records.ts'
import type { ProviderPages } from './oidc.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'keyrings' | 'metrics'>

export interface StartingAgain {
  /** The hosted page of a visit that begins or goes on. */
  pageOf(ctx: KoaContextWithOIDC, uid: string): string
  /** Answers a request to a visit that is over. False where nothing is known of how it began. */
  answer(ctx: Context, provider: Provider): Promise<boolean>
}

/** Of the query. Some proxies keep 4 KiB for the head of an answer, and cookies stand there too. */
const QUERY_BYTES_MAX = 1_500

/** Longer ago than this, the relying party has forgotten that it sent anybody: it had better begin itself. */
const FRESH_MILLISECONDS = 24 * 60 * 60 * 1_000

/**
 * A browser that keeps no cookie would go round in circles. Whoever comes back this soon after it was begun again is
 * shown a button instead.
 */
const CIRCLE_MILLISECONDS = 10_000

const REPEATED = 'again=1'

/** A pushed request is used up (RFC 9126 §4), and a signed one good for minutes. */
const ONCE = /^request(_uri)?=/
const PURPOSE = 'authorization request'

interface Begun {
  at: number
  clientId: string
  /** Of the address of `/auth`; null where it is too long, or worth nothing a second time. */
  query: string | null
  isRepeated: boolean
}

export function createStartingAgain(needs: Needs, pages: Pick<ProviderPages, 'visitOver'>): StartingAgain {
  const { config, clock, random, keyrings, metrics } = needs

  function close({ at, clientId, query, isRepeated }: Begun): string {
    const id = isRepeated ? '1' : '0'
    const plain = Buffer.from(JSON.stringify([at, clientId, query]))
    const { sealed, sealedBy } = seal(random, keyrings.cookies(), { purpose: PURPOSE, id }, plain)
    return `${id}.${sealedBy}.${Buffer.from(sealed).toString('base64url')}`
  }

  function open(again: string): Begun | null {
    const [id = '', sealedBy = '', sealed = ''] = again.split('.')
    const kept: Sealed = { sealedBy, sealed: new Uint8Array(Buffer.from(sealed, 'base64url')) }
    try {
      const plain = unseal(keyrings.cookies(), { purpose: PURPOSE, id }, kept)
      return parseBegun(plain, id === '1')
    } catch {
      // By a key that was withdrawn or has retired, or by nobody.
      return null
    }
  }

  function sealRequest(ctx: KoaContextWithOIDC): string | null {
    const { oidc, querystring } = ctx
    const clientId = oidc.client?.clientId
    if (clientId === undefined) return null
    const pairs = querystring.split('&')
    const query = pairs.filter((pair) => pair !== REPEATED).join('&')
    const isUseful = query.length <= QUERY_BYTES_MAX && !pairs.some((pair) => ONCE.test(pair))
    return close({
      at: clock().getTime(),
      clientId,
      query: isUseful ? query : null,
      isRepeated: pairs.includes(REPEATED),
    })
  }

  return {
    pageOf(ctx, uid) {
      // Between the steps of one visit the request is handed on as it came.
      const again = ctx.oidc.route === 'authorization' ? sealRequest(ctx) : againIn(ctx)
      return stepAddress({ uid, again })
    },

    async answer(ctx, provider) {
      const again = againIn(ctx)
      const begun = again === null || ctx.accepts('json', 'html') !== 'html' ? null : open(again)
      if (begun === null) return false
      const { query } = begun
      const age = clock().getTime() - begun.at
      const isFresh = age < FRESH_MILLISECONDS
      if (query !== null && isFresh && !(begun.isRepeated && age < CIRCLE_MILLISECONDS)) {
        metrics.count('campus_visits_over_total', { way: 'again' })
        // 303: a password that was posted here is not posted there (RFC 9700 §4.12).
        ctx.status = 303
        ctx.redirect(requestAddress(query))
        return true
      }
      const client = await provider.Client.find(begun.clientId)
      if (!client) return false
      const start = query !== null && isFresh ? null : startOf(client, config.issuer)
      metrics.count('campus_visits_over_total', { way: start === null ? 'page' : 'relying_party' })
      const href = start ?? (query === null ? null : requestAddress(query))
      pages.visitOver(ctx, { client: visitClientOf(client), href })
      return true
    },
  }
}

function requestAddress(query: string): string {
  return `/auth?${query}&${REPEATED}`
}

/**
 * Where a relying party begins a sign-in: its own word for that (OpenID Connect Core §4), its home page, or the origin
 * of the address that people come back to. All of them are registered; null for an app without any.
 */
function startOf(client: Client, issuer: string): string | null {
  if (client.initiateLoginUri !== undefined) return initiationAddress(client.initiateLoginUri, issuer)
  if (client.clientUri !== undefined) return client.clientUri
  const addresses = client.applicationType === 'web' ? (client.redirectUris ?? []) : []
  const origin = addresses.map((uri) => URL.parse(uri)?.origin).find((found) => found?.startsWith('http'))
  return origin === undefined ? null : `${origin}/`
}

/** The seal has proven that we wrote it ourselves. */
function parseBegun(plain: Uint8Array, isRepeated: boolean): Begun {
  const [at, clientId, query] = JSON.parse(Buffer.from(plain).toString('utf8')) as [number, string, string | null]
  return { at, clientId, query, isRepeated }
}
