import type { VNode } from 'preact'
import type { Room } from '../src/http/room.ts'
import type { Visit } from '../src/oidc/oidc.ts'
import type { Translator } from '../src/pages/messages.ts'

/** A room that can establish who a person is, and what it shows on the sign-in page. */
export interface SignInMethod extends Room {
  /** Kebab-case; part of its addresses: `/interaction/<uid>/<name>`. */
  name: string
  /** What stands on the sign-in page for this visit. */
  offer(visit: Visit, t: Translator): VNode
}
