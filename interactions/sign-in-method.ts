/** What a sign-in method is, and what the sign-in page gives to it. */
import type { Context } from 'koa'
import type { VNode } from 'preact'
import type { Room } from '../src/http/room.ts'
import type { Visit } from '../src/oidc/oidc.ts'
import type { Translator } from '../src/pages/messages.ts'

/** A room that can establish who a person is, and what it shows on the sign-in page. */
export interface SignInMethod extends Room {
  /** Kebab-case; part of its addresses: `/interaction/<uid>/<name>`. The `method` of what it proves. */
  name: string
  /** What stands on the sign-in page for this visit. */
  offer(visit: Visit, t: Translator): VNode
}

/** Shows the sign-in page again after an attempt that failed, with this instead of the method's first offer. */
export type ShowAgain = (
  ctx: Context,
  visit: Visit,
  again: { method: string; status: number; title: string; offer: VNode },
) => void

/** `Needs` is the room's own Pick of the Campus. */
export type CreateSignInMethod<Needs> = (needs: Needs, showAgain: ShowAgain) => SignInMethod
