import type { Provider, Session } from 'oidc-provider'

/**
 * Each sign-in decides anew whether its session outlives the browser. The library only ever sets `transient`: whoever
 * once signed in without 7天免登录 could not choose it later.
 */
export function forgetEarlierChoice(provider: Provider): void {
  const { loginAccount } = provider.Session.prototype
  provider.Session.prototype.loginAccount = function decideAnew(this: Session, details) {
    this.transient = undefined
    loginAccount.call(this, details)
  }
}
