/** A relying party that shows an ID token of the session signs the person out without a question. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { type BackChannelWorld, openBackChannelWorld, signOut } from '../support/back-channels.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { isSession } from '../support/session-documents.ts'

let world: BackChannelWorld
afterEach(() => world.close())

async function open(...asked: Parameters<typeof openBackChannelWorld>) {
  world = await openBackChannelWorld(...asked)
  return world
}

const down = () => Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 7 }))

const BACK = 'https://rp-0.school.example/'

function addressFor(tokens: Record<string, unknown> | undefined, more: Record<string, string> = {}): string {
  return `/session/end?${new URLSearchParams({ id_token_hint: String(tokens?.['id_token']), ...more })}`
}

const completed = () => world.events.filter(({ event }) => event === 'sign-out.completed')
const sessions = () => [...world.store.standing().keys()].filter(isSession)
const pageOf = ({ body }: { body: string }) => JSON.parse(body)['page']

/** As a browser sends it that has this visitor's cookies. */
async function send(visitor: Visitor, path: string, sent: Parameters<typeof world.house.send>[1]) {
  const cookie = [...visitor.cookies].map(([key, { value }]) => `${key.split(' ')[0]}=${value}`).join('; ')
  return world.house.send(path, { ...sent, headers: { accept: 'text/html', cookie, ...sent?.headers } })
}

/** With one that does not want `sid` in its ID tokens. */
async function openWithoutSid() {
  const { visitor } = await open([200])
  await world.needs.clients.put(sampleClient('plain'))
  const { body } = await visitor.redeem(await visitor.signIn({ client: 'plain' }), { client: 'plain' })
  expect(claimsIn(body['id_token'])).not.toHaveProperty('sid')
  return { visitor, body }
}

describe('with a hint of the session in this browser', () => {
  test('ends it at once as a confirmed sign-out does, and comes back with the state', async () => {
    const { visitor, channels, tokens } = await open([200, 204])
    const query = { post_logout_redirect_uri: BACK, state: 'good bye&more' }
    const left = await visitor.go(addressFor(tokens[0], query))
    expect([left.status, left.headers.location]).toEqual([303, `${BACK}?state=good+bye%26more`])
    const cleared = left.headers['set-cookie']?.filter((line) => line.startsWith('campus_session'))
    expect(cleared).toEqual([
      expect.stringMatching(/^campus_session=; path=\/; expires=Thu, 01 Jan 1970/),
      expect.stringMatching(/^campus_session\.sig=[^;]+; path=\/; expires=Thu, 01 Jan 1970/),
    ])
    expect(sessions()).toEqual([])
    expect(completed()).toMatchObject([{ actor: 'person:lan', subject: 'person:lan', client: 'rp-0' }])
    expect(world.events.filter(({ event }) => event === 'grant.revoked')).toHaveLength(2)
    expect(world.deliveries().map(({ clientId }) => clientId)).toEqual(['rp-0', 'rp-1'])
    for (const { access_token } of tokens) expect((await visitor.userinfo(access_token)).status).toBe(401)
    await world.delivered()
    for (const [at, { received }] of channels.entries()) {
      expect(received.map(claimsIn)).toMatchObject([
        { aud: `rp-${at}`, sid: claimsIn(tokens[at]?.['id_token'])['sid'] },
      ])
    }
  })

  test('leaves nothing by which anybody could go on', async () => {
    const { visitor, tokens } = await open([200])
    const params = { scope: 'openid offline_access', prompt: 'consent' }
    const offline = await visitor.redeem(await visitor.signIn({ client: 'rp-0', params }), { client: 'rp-0' })
    const code = await visitor.signIn({ client: 'rp-0' })
    const before = [...world.store.standing()]
    const cookies = new Map(visitor.cookies)
    await visitor.go(addressFor(tokens[0]))
    // Not even where the store is rolled back, and the browser with it.
    world.store.wipe()
    for (const [key, value] of before) await world.needs.expiring.put(key, value, { seconds: 600 })
    for (const [key, cookie] of cookies) visitor.cookies.set(key, cookie)
    const silent = await visitor.authorize({ client: 'rp-0', params: { prompt: 'none' } })
    expect(locationOf(silent)?.searchParams.get('error')).toBe('login_required')
    expect((await visitor.redeem(code, { client: 'rp-0' })).body['error']).toBe('invalid_grant')
    expect((await visitor.refresh(offline.body['refresh_token'], 'rp-0')).body['error']).toBe('invalid_grant')
  })

  test('without an address to come back to, ends on our page', async () => {
    const { visitor, tokens } = await open([200])
    const left = await visitor.go(addressFor(tokens[0], { state: 'nobody’s' }))
    expect([left.status, left.headers.location]).toEqual([303, `${world.issuer}/session/end/success`])
  })

  test('without `sid`, the person is enough', async () => {
    const { visitor, body } = await openWithoutSid()
    expect((await visitor.go(addressFor(body))).status).toBe(303)
    expect([sessions(), completed().length]).toEqual([[], 1])
  })

  test('goes nowhere that is not registered, and then ends nothing', async () => {
    const { visitor, tokens } = await open([200])
    const refused = await visitor.go(addressFor(tokens[0], { post_logout_redirect_uri: 'https://evil.example/' }))
    expect([refused.status, refused.headers.location, completed()]).toEqual([400, undefined, []])
    expect(locationOf(await visitor.authorize({ client: 'rp-0' }))?.searchParams.has('code')).toBe(true)
  })

  test('works for somebody who was suspended', async () => {
    const { visitor, tokens } = await open([200])
    await world.setState('lan', 'suspended')
    expect((await visitor.go(addressFor(tokens[0]))).status).toBe(303)
    expect(sessions()).toEqual([])
  })

  test('comes a second time, and goes straight on', async () => {
    const { visitor, tokens } = await open([200])
    await visitor.go(addressFor(tokens[0], { post_logout_redirect_uri: BACK }))
    // The library answers whoever is not signed in with a form that sends itself.
    const again = await visitor.go(addressFor(tokens[0], { post_logout_redirect_uri: BACK }))
    const [, xsrf = ''] = again.body.match(/name="xsrf" value="([^"]+)"/) ?? []
    const left = await visitor.go('/session/end/confirm', { xsrf, logout: 'yes' })
    expect([left.headers.location, completed().length, world.deliveries().length]).toEqual([BACK, 1, 1])
  })

  test('from two tabs at once, both go on, and each relying party is told once', async () => {
    const { visitor, tokens } = await open([200, 200])
    const [first = '', second = ''] = tokens.map((each) => addressFor(each))
    const { set } = world.needs.notBefore
    const statuses: number[] = []
    // The other tab signs out while this one has read the session, and written nothing yet.
    world.needs.notBefore.set = async (...asked) => {
      world.needs.notBefore.set = set
      statuses.push((await send(visitor, second, {})).status)
      await set(...asked)
    }
    statuses.push((await send(visitor, first, {})).status)
    expect(statuses).toEqual([303, 303])
    expect(world.deliveries().map(({ clientId }) => clientId)).toEqual(['rp-0', 'rp-1'])
    expect(sessions()).toEqual([])
  })
})

describe('asks, and has done nothing,', () => {
  /** The question, and everybody still signed in. */
  async function expectAsked(visitor: Visitor, path: string, client = 'rp-0') {
    const asked = await visitor.go(path)
    expect([asked.status, pageOf(asked), completed(), world.deliveries()]).toEqual([200, 'sign-out', [], []])
    expect(locationOf(await visitor.authorize({ client }))?.searchParams.has('code')).toBe(true)
  }

  test('where somebody else is signed in here', async () => {
    const { tokens } = await open([200])
    const other = newVisitor(world)
    await other.signIn({ client: 'rp-0' }, { person: 'mei' })
    await expectAsked(other, addressFor(tokens[0], { post_logout_redirect_uri: BACK }))
  })

  test('where somebody else is signed in here, also without `sid`', async () => {
    const { body } = await openWithoutSid()
    const other = newVisitor(world)
    await other.signIn({ client: 'plain' }, { person: 'mei' })
    await expectAsked(other, addressFor(body), 'plain')
  })

  test('where the hint is of another session of the same person', async () => {
    const { tokens } = await open([200])
    const elsewhere = newVisitor(world)
    await elsewhere.signIn({ client: 'rp-0' })
    await expectAsked(elsewhere, addressFor(tokens[0]))
  })

  test('where the relying party takes no part in the session', async () => {
    const { body } = await openWithoutSid()
    const elsewhere = newVisitor(world)
    await elsewhere.signIn({ client: 'rp-0' })
    await expectAsked(elsewhere, addressFor(body))
  })

  test('without a hint, whatever client is named', async () => {
    const { visitor } = await open([200])
    await expectAsked(visitor, `/session/end?client_id=rp-0&post_logout_redirect_uri=${BACK}`)
  })

  test.each([
    ['Sec-Purpose', 'prefetch'],
    ['Sec-Purpose', 'prefetch;prerender'],
    ['Purpose', 'prefetch'],
  ])('where a browser only loads ahead (%s: %s)', async (header, value) => {
    const { visitor, tokens } = await open([200])
    const asked = await send(visitor, addressFor(tokens[0]), { headers: { [header]: value } })
    expect([asked.status, pageOf(asked), completed()]).toEqual([200, 'sign-out', []])
    expect(sessions()).toHaveLength(1)
  })

  test('where only the head is asked for', async () => {
    const { visitor, tokens } = await open([200])
    const { status } = await send(visitor, addressFor(tokens[0]), { method: 'HEAD' })
    expect([status, completed(), sessions().length]).toEqual([200, [], 1])
  })

  test('and the question, once answered, does the same', async () => {
    const { tokens } = await open([200])
    const other = newVisitor(world)
    await other.signIn({ client: 'rp-0' }, { person: 'mei' })
    const { left } = await signOut(other, addressFor(tokens[0]).slice('/session/end'.length))
    expect(left.status).toBe(303)
    expect(completed()).toMatchObject([{ actor: 'person:mei' }])
  })
})

describe('with a dependency down', () => {
  test('says so, and nothing is half done', async () => {
    const { visitor, tokens } = await open([200, 204])
    const { set } = world.needs.notBefore
    world.needs.notBefore.set = down
    const path = addressFor(tokens[0], { post_logout_redirect_uri: BACK })
    const refused = await visitor.go(path)
    expect([refused.status, refused.headers.location, refused.headers['retry-after']]).toEqual([503, undefined, '7'])
    expect([completed(), world.deliveries(), sessions().length]).toEqual([[], [], 1])
    for (const { access_token } of tokens) expect((await visitor.userinfo(access_token)).status).toBe(200)
    world.needs.notBefore.set = set
    expect((await visitor.go(path)).headers.location).toBe(BACK)
    expect(world.deliveries()).toHaveLength(2)
  })

  test('is not said to be done before it stands in the audit, and can then be tried again', async () => {
    const { visitor, tokens } = await open([200])
    const { record } = world.needs.audit
    world.needs.audit.record = (event) => (event.event === 'sign-out.completed' ? down() : record(event))
    const refused = await visitor.go(addressFor(tokens[0]))
    expect([refused.status, refused.headers.location, refused.headers['retry-after']]).toEqual([503, undefined, '7'])
    world.needs.audit.record = record
    expect((await visitor.go(addressFor(tokens[0]))).status).toBe(303)
    expect([completed().length, world.deliveries().length, sessions()]).toEqual([1, 1, []])
  })

  test('of the store of sessions: 503, and the way on is not shown', async () => {
    const { visitor, tokens } = await open([200])
    world.store.breakDown('before', (operation) => operation === 'remove')
    const refused = await visitor.go(addressFor(tokens[0], { post_logout_redirect_uri: BACK }))
    expect([refused.status, refused.headers.location]).toEqual([503, undefined])
    world.store.repair()
    expect((await visitor.go(addressFor(tokens[0], { post_logout_redirect_uri: BACK }))).headers.location).toBe(BACK)
    expect(sessions()).toEqual([])
  })
})
