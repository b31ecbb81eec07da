import { Provider, type Session } from 'oidc-provider'

/** What a sign-in says of itself to the session that comes of it, in the library's words and in ours. */
export interface SignInNotes {
  /** Somebody who is signed in already has proven more: their session goes on, and ends when it would have ended. */
  stepsUp: boolean
  /** For the person's own list of sessions; null where nothing is known. */
  from: string | null
}

/** What we keep in the record of a session beyond what the library keeps. Left out where it says nothing more. */
export interface SessionNotes {
  /** When the session began, in epoch seconds; `loginTs` where it is left out. */
  signedInAt?: number | undefined
  /** Network and browser of the sign-in. */
  signedInFrom?: string | undefined
}

const OWN_FIELDS = ['signedInAt', 'signedInFrom'] as const satisfies (keyof SessionNotes)[]

/**
 * Each sign-in decides anew whether its session outlives the browser, and when it began. The library only ever sets
 * `transient`: whoever once signed in without 7天免登录 could not choose it later. And it knows one moment, that of the
 * last proof: by it, whoever steps up once a week would be signed in for ever.
 */
export function decideAnewAtEachSignIn(provider: Provider): void {
  keepOwnFields(provider)
  const { loginAccount } = provider.Session.prototype
  provider.Session.prototype.loginAccount = function decideAnew(this: Session & SessionNotes, details) {
    const { stepsUp, from } = notesOf(Provider.ctx?.oidc.entities.Interaction?.result?.login)
    const began = stepsUp && this.accountId === details.accountId ? (this.signedInAt ?? this.loginTs) : undefined
    this.transient = undefined
    loginAccount.call(this, details)
    this.signedInAt = began
    if (!stepsUp) this.signedInFrom = from ?? undefined
  }
}

function notesOf(login: Record<string, unknown> | undefined): SignInNotes {
  const { stepsUp, from } = login ?? {}
  return { stepsUp: stepsUp === true, from: typeof from === 'string' ? from : null }
}

/** The library saves and loads what stands in this list, and forgets everything else. */
function keepOwnFields({ Session: SessionModel }: Provider): void {
  const own = Object.getOwnPropertyDescriptor(SessionModel, 'IN_PAYLOAD')
  const fields: unknown = own?.get?.call(SessionModel)
  if (!Array.isArray(fields)) throw new Error('the library keeps the fields of a session in another way')
  Object.defineProperty(SessionModel, 'IN_PAYLOAD', { get: () => [...fields, ...OWN_FIELDS] })
}
