const BYTES = 6 * 1024

/** As long as a page with a form and some words on it is. */
export function signInPage(uid: string): string {
  return `<!doctype html><title>Sign in</title><form method="post" action="/interaction/${uid}/password">
<input name="login"><input name="password" type="password"><button>Sign in</button></form>${FILLING}`
}

const FILLING = `<p>${'The school sends this page to everybody. '.repeat(Math.ceil(BYTES / 41))}</p>`
