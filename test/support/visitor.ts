/**
 * A browser without pictures: it keeps cookies by path and follows nothing by itself. It speaks to any process of an
 * installation by port, always under the issuer's host, as a proxy in front of several processes would.
 */
import { createHash } from 'node:crypto'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** An absolute address, or null. */
  location: URL | null
  milliseconds: number
}

export interface Asking {
  port: number
  form?: Record<string, string>
  headers?: Record<string, string>
  /** Whose connections are used; without one, those of all visitors. */
  agent?: Agent
}

export const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

const everybodys = new Agent({ keepAlive: true, maxSockets: 64 })

export function closeVisitors(): void {
  everybodys.destroy()
}

export function newVisitor(issuer: string) {
  const cookies = new Map<string, { value: string; path: string }>()

  async function go(address: string, asking: Asking): Promise<Answer> {
    const url = new URL(address, issuer)
    const cookie = [...cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const answer = await ask(issuer, address, {
      ...asking,
      headers: { accept: 'text/html', origin: issuer, ...(cookie === '' ? {} : { cookie }), ...asking.headers },
    })
    for (const line of answer.headers['set-cookie'] ?? []) keep(line)
    return answer
  }

  function keep(line: string) {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/'
    if (value === '') cookies.delete(name)
    else cookies.set(name, { value, path })
  }

  /** From the relying party's link to its redirect address, or to wherever it ends before. */
  async function signIn(
    client: string,
    redirectUri: string,
    account: { login: string; password: string },
    port: number,
  ) {
    let answer = await go(authorizationAddress(client, redirectUri), { port })
    const page = answer.location?.pathname ?? ''
    answer = await go(page, { port })
    answer = await go(`${page}/password`, { port, form: account })
    if (answer.status !== 303) throw new Error(`The sign-in ended with ${answer.status}: ${answer.text.slice(0, 400)}`)
    return go(answer.location?.pathname ?? '', { port })
  }

  return { go, signIn, cookies }
}

export function authorizationAddress(client: string, redirectUri: string, scope = 'openid offline_access') {
  const query = new URLSearchParams({
    client_id: client,
    response_type: 'code',
    scope,
    redirect_uri: redirectUri,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 's',
    // OpenID Connect Core §11: without it offline_access is ignored. A first-party client shows no page for it.
    prompt: 'consent',
  })
  return `/auth?${query}`
}

/** Redeems a code, or refreshes, at one process. */
export async function askForTokens(
  issuer: string,
  port: number,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown>; milliseconds: number }> {
  const { status, text, milliseconds } = await ask(issuer, '/token', { port, form })
  return { status, body: JSON.parse(text), milliseconds }
}

export function ask(
  issuer: string,
  address: string,
  { port, form, headers = {}, agent = everybodys }: Asking,
): Promise<Answer> {
  const url = new URL(address, issuer)
  const body = form && new URLSearchParams(form).toString()
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        agent,
        method: form ? 'POST' : 'GET',
        path: url.pathname + url.search,
        headers: {
          host: new URL(issuer).host,
          ...headers,
          ...(body !== undefined && {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(body)),
          }),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('error', reject)
        response.on('end', () => {
          const { location } = response.headers
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            location: location === undefined ? null : new URL(location, issuer),
            milliseconds: performance.now() - started,
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
