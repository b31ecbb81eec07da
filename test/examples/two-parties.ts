/** Both demo relying parties before a small provider, and a browser on foot that walks between the three. */
import { createServer } from 'node:http'
import { createRelyingParty } from '../../examples/demo-relying-parties/relying-party.ts'
import { close, listen, portOf, type SmallProvider, startSmallProvider } from './small-provider.ts'

const NAMES = {
  'demo-portal': { 'zh-CN': '演示门户', en: 'Demo portal' },
  'demo-club': { 'zh-CN': '二手书交换', en: 'Book exchange' },
}
const SCOPES = { 'demo-portal': 'openid profile offline_access', 'demo-club': 'openid profile' }
const SECRET = 'a-secret-that-only-this-test-knows'

export async function openWorld(options: { secretOfClub?: string } = {}) {
  const portal = createServer()
  const club = createServer()
  await Promise.all([listen(portal), listen(club)])
  const time = { now: new Date() }
  const lines: string[] = []

  const parties = { 'demo-portal': portal, 'demo-club': club }
  const urlOf = (id: keyof typeof parties) => new URL(`http://127.0.0.1:${portOf(parties[id])}`)
  const partyOf = (id: keyof typeof parties) => ({ clientId: id, name: NAMES[id], url: urlOf(id), scope: SCOPES[id] })
  const registrationOf = (id: keyof typeof parties) => ({
    client_id: id,
    client_secret: SECRET,
    grant_types: id === 'demo-portal' ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    redirect_uris: [`${urlOf(id).origin}/callback`],
    post_logout_redirect_uris: [`${urlOf(id).origin}/signed-out`],
    backchannel_logout_uri: `${urlOf(id).origin}/backchannel-logout`,
    backchannel_logout_session_required: true,
  })

  const clients = [registrationOf('demo-portal'), registrationOf('demo-club')]
  let provider: SmallProvider = await startSmallProvider(clients)
  const { issuer } = provider
  const start = (id: keyof typeof parties, other: keyof typeof parties, clientSecret = SECRET) => {
    const described = { party: partyOf(id), other: partyOf(other), issuer, clientSecret }
    const log = (line: string) => void lines.push(line)
    parties[id].on('request', createRelyingParty({ ...described, clock: () => time.now, log }))
  }
  start('demo-portal', 'demo-club')
  start('demo-club', 'demo-portal', options.secretOfClub)

  return {
    portal: urlOf('demo-portal').origin,
    club: urlOf('demo-club').origin,
    issuer,
    clients,
    lines,
    get provider() {
      return provider
    },
    pass: (seconds: number) => {
      time.now = new Date(time.now.getTime() + seconds * 1000)
    },
    stopProvider: () => provider.close(),
    async startProvider() {
      provider = await startSmallProvider(clients, Number(issuer.port))
    },
    async close() {
      await Promise.all([close(portal), close(club), provider.close()])
    },
  }
}

export interface Page {
  status: number
  url: URL
  /** Every address on the way, the first one included. */
  trail: URL[]
  text: string
}

/** Keeps cookies by host, as browsers do (ports do not part them), and follows redirects when it is told to. */
export function openBrowser(language = 'zh-CN') {
  const jar = new Map<string, string>()

  async function step(url: URL, form?: Record<string, string>) {
    const cookie = [...jar]
      .filter(([key]) => key.startsWith(`${url.hostname} `))
      .map(([key, value]) => `${key.split(' ')[1]}=${value}`)
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: cookie.join('; '), 'accept-language': language, ...(form && { origin: url.origin }) },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const [name = '', value = ''] = pair.split(/=(.*)/s)
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(`${url.hostname} ${name}`)
      else jar.set(`${url.hostname} ${name}`, value)
    }
    return { response, text: await response.text() }
  }

  /** Stops before an address that `until` names, so that a test can come back to it later. */
  async function go(
    address: string | URL,
    { form, until }: { form?: Record<string, string>; until?: string } = {},
  ): Promise<Page> {
    const trail = [new URL(address)]
    let url = new URL(address)
    let { response, text } = await step(url, form)
    for (let location = response.headers.get('location'); location; location = response.headers.get('location')) {
      url = new URL(location, url)
      trail.push(url)
      if (until && url.href.includes(until)) break
      ;({ response, text } = await step(url))
    }
    return { status: response.status, url, trail, text }
  }

  return { go, jar }
}
