/** Every room that a person may meet. To add a sign-in method: write its folder, add its line. */
import type { Campus } from '../src/campus.ts'
import type { Room } from '../src/http/room.ts'
import type { MethodProof, ProviderPages } from '../src/oidc/oidc.ts'
import { showErrorPage } from '../src/pages/error-page.tsx'
import { createAccount, showSwitch } from './account/account.tsx'
import { createArrival } from './arrival/arrival.tsx'
import { createConsent } from './consent/consent.tsx'
import { showDevice } from './device/device.tsx'
import { createFrontPage } from './front-page/front-page.tsx'
import { createIdentity } from './identity/identity.tsx'
import { createPassword, passwordProof } from './password/password.tsx'
import { createSignIn } from './sign-in/sign-in.tsx'
import type { CreateSignInMethod } from './sign-in-method.ts'
import { showSignedOut, showSignOut } from './sign-out/sign-out.tsx'
import { showVisitOver } from './visit-over/visit-over.tsx'

/** In their order on the sign-in page. */
const signInMethods: readonly CreateSignInMethod<Campus>[] = [createPassword]

/** What each of them proves: the provider asks for a stronger sign-in only where one of them leads to it. */
export const signInProofs: readonly MethodProof[] = [passwordProof]

export function createInteractions(campus: Campus): Room[] {
  return [
    createFrontPage(campus),
    createArrival(campus),
    createSignIn(campus, signInMethods),
    createAccount(campus),
    createIdentity(campus),
    createConsent(campus),
  ]
}

/** What the provider shows of its own accord. */
export const providerPages: ProviderPages = {
  error: (ctx, problem) => showErrorPage(ctx, { ...problem, retryAfterSeconds: null }),
  signOut: showSignOut,
  signedOut: showSignedOut,
  switchAccount: showSwitch,
  visitOver: showVisitOver,
  device: showDevice,
}
