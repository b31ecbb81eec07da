/** The library makes identifiers at random; ours lead to the session that they belong to (locators.ts). */
import { Provider, type Session } from 'oidc-provider'
import { isSessionName, type Locators } from './locators.ts'

export function nameBySession(provider: Provider, locators: Locators): void {
  nameSessions(provider, locators)
  nameTokens(provider.AuthorizationCode, (uid) => locators.newToken('AuthorizationCode', { uid }))
  nameTokens(provider.AccessToken, (uid) => locators.newToken('AccessToken', { uid }))
  nameTokens(provider.RefreshToken, (uid) => {
    // A rotated token goes on in the family of the one before.
    const rotated = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti
    const before = rotated === undefined ? null : locators.locate('RefreshToken', rotated)
    if (before === null) return locators.newToken('RefreshToken', { uid, family: locators.newFamily() })
    return locators.newToken('RefreshToken', { ...before, generation: before.generation + 1 })
  })
}

function nameSessions({ Session }: Provider, locators: Locators): void {
  const get = Session.get.bind(Session)
  Session.get = async (ctx) => {
    const session = await get(ctx)
    if (!isSessionName(session.uid)) {
      session.uid = locators.newSession()
      session.jti = locators.newCookie(session.uid)
    }
    return session
  }
  const { resetIdentifier } = Session.prototype
  Session.prototype.resetIdentifier = function nameAnew(this: Session) {
    resetIdentifier.call(this)
    this.jti = locators.newCookie(this.uid)
  }
}

/** As much of a token as says where it belongs. */
interface Issued {
  jti: string
  format?: string | undefined
  sessionUid?: string | undefined
  resourceServer?: { accessTokenFormat?: string | undefined } | undefined
}

interface Issuing {
  prototype: { save(this: Issued, seconds?: number): Promise<string> }
}

function nameTokens({ prototype }: Issuing, nameIn: (uid: string) => string): void {
  const { save } = prototype
  prototype.save = function saveNamed(this: Issued, ...args) {
    // A JWT is not stored, and nothing of it has to be found.
    const isStored = this.resourceServer?.accessTokenFormat !== 'jwt'
    if (!this.jti && isStored && isSessionName(this.sessionUid)) {
      this.jti = nameIn(this.sessionUid)
      // The library says so where it makes an identifier.
      this.format = 'opaque'
    }
    return save.apply(this, args)
  }
}
