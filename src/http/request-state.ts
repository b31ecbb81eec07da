/** What the house notes about a request before any room sees it. */
import type { Context } from 'koa'
import type { Assets } from '../pages/assets.ts'
import type { Language } from '../pages/messages.ts'

declare module 'koa' {
  interface DefaultState {
    requestId: string
    /** null where nothing is traced. */
    traceId: string | null
    assets: Assets
    /** What the person picked in the language menu; null when they never did. */
    chosenLanguage: Language | null
  }
}

/** The number under which the log, the audit and the service desk know this request. */
export function requestIdOf(ctx: Context): string {
  return ctx.state.requestId
}

/** How a line of the log says to which request it belongs, and to which trace. */
export function namesOf({ state: { requestId, traceId } }: Context): { request: string; trace?: string } {
  return traceId === null ? { request: requestId } : { request: requestId, trace: traceId }
}

/** Whom this request comes from, behind the proxies that we trust and no others (client-address.ts). */
export function addressOf(ctx: Context): string {
  return ctx.ip
}
