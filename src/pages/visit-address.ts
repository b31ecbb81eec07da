/**
 * The addresses of a visit. Each carries the request that began it, sealed (src/oidc/starting-again.ts): whoever comes
 * back to one of them after the visit is over can begin again where they were going.
 */
import type { Context } from 'koa'

/** What `stepAddress` takes of a visit. */
interface AddressedVisit {
  uid: string
  /** Sealed; null where there is nothing to begin again with. */
  again: string | null
}

const SEALED = /^[01]\.[\w-]{1,64}\.[\w-]{1,2600}$/

/** `step` is what follows the visit in the path; without one, the hall. Forms of a visit post to such an address. */
export function stepAddress({ uid, again }: AddressedVisit, step?: string): string {
  return withAgain(`/interaction/${uid}${step === undefined ? '' : `/${step}`}`, again)
}

export function withAgain(address: string, again: string | null): string {
  return again === null ? address : `${address}?again=${again}`
}

/** Whether somebody came to a visit that was over, and began again. For a sentence on the page and no more. */
export function beganAgain({ again }: AddressedVisit): boolean {
  return again?.startsWith('1.') ?? false
}

/** The sealed request in the address that was asked for; whether it opens is another matter. */
export function againIn(ctx: Context): string | null {
  const again = ctx.query['again']
  return typeof again === 'string' && SEALED.test(again) ? again : null
}

/** Where the page of a visit can be seen again, when the request is a step of one. */
export function visitAddress(ctx: Context): string | null {
  const path = /^\/interaction\/[\w-]{1,64}(?=\/|$)/.exec(ctx.path)?.[0] ?? null
  return path === null ? null : withAgain(path, againIn(ctx))
}
