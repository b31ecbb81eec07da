/** Code flow with PKCE, renewal by refresh token and sign-out, by oidc-client-ts, which is loaded before as `oidc`. */
const { UserManager, InMemoryWebStorage, WebStorageStateStore } = globalThis.oidc

const { issuer, clientId } = await (await fetch('/settings.json')).json()
const manager = new UserManager({
  authority: issuer,
  client_id: clientId,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/`,
  // Third parties add `prompt: 'consent'` for a refresh token only when they need one: people are shown a page for it.
  scope: 'openid profile offline_access',
  prompt: 'consent',
  // Tokens in memory are out of reach of whatever else may read the browser's storage, and end with the page.
  userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
  automaticSilentRenew: true,
  loadUserInfo: true,
})

const element = (id) => document.getElementById(id)
const attempt = (act) => () =>
  act().catch((error) => {
    element('problem').textContent = error.message
  })

function show(user) {
  element('greeting').textContent = user ? `你好，${user.profile.name}` : '没有登录'
  element('expires').textContent = user ? new Date(user.expires_at * 1000).toISOString() : ''
  element('sign-in').hidden = user !== null
  for (const id of ['renew', 'sign-out']) element(id).hidden = user === null
}

element('sign-in').addEventListener(
  'click',
  attempt(() => manager.signinRedirect()),
)
element('renew').addEventListener(
  'click',
  attempt(async () => show(await manager.signinSilent())),
)
element('sign-out').addEventListener(
  'click',
  attempt(() => manager.signoutRedirect()),
)

await attempt(async () => {
  if (location.pathname !== '/callback') return show(await manager.getUser())
  const user = await manager.signinCallback()
  // The code is used up: what a person bookmarks or reloads is the application.
  history.replaceState(null, '', '/')
  show(user)
})()
