import { afterEach, describe, expect, test } from '@jest/globals'
import { type BackChannelWorld, openBackChannelWorld, signOut } from '../support/back-channels.ts'
import { sampleClient } from '../support/memory-desk.ts'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'
import { editSessions, isSession } from '../support/session-documents.ts'

let world: BackChannelWorld
afterEach(() => world.close())

async function open(...asked: Parameters<typeof openBackChannelWorld>) {
  world = await openBackChannelWorld(...asked)
  return world
}

const down = () => Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 7 }))

describe('signing out', () => {
  test('ends the session and every token, tells each relying party, and comes back to the one that asked', async () => {
    const { visitor, channels, tokens } = await open([200, 204])
    const query = new URLSearchParams({
      client_id: 'rp-0',
      post_logout_redirect_uri: 'https://rp-0.school.example/',
      state: 'goodbye',
    })
    const { page, left } = await signOut(visitor, `?${query}`)
    expect(page).toMatchObject({ page: 'sign-out', client: { id: 'rp-0' } })
    expect(left.headers.location).toBe('https://rp-0.school.example/?state=goodbye')
    // Nobody is told while the person waits; who is to be told stands by then.
    expect(channels.flatMap(({ received }) => received)).toEqual([])
    expect(world.deliveries().map(({ clientId }) => clientId)).toEqual(['rp-0', 'rp-1'])
    await world.delivered()
    for (const [at, { received }] of channels.entries()) {
      const [logoutToken] = received
      const idToken = claimsIn(tokens[at]?.['id_token'])
      const token = claimsIn(logoutToken)
      expect(token).toMatchObject({ iss: world.issuer, aud: `rp-${at}`, sub: idToken['sub'], sid: idToken['sid'] })
      expect(token).toHaveProperty(['events', 'http://schemas.openid.net/event/backchannel-logout'])
      expect(token).not.toHaveProperty('nonce')
      expect((await visitor.userinfo(tokens[at]?.['access_token'])).status).toBe(401)
    }
    expect(locationOf(await visitor.authorize({ client: 'rp-0' }))?.pathname).toMatch(/^\/interaction\//)
    const names = world.events.map(({ event }) => event)
    expect(names.filter((event) => event === 'back-channel-logout.delivered')).toHaveLength(2)
    expect(names.filter((event) => event === 'sign-out.completed')).toHaveLength(1)
    expect([...world.store.standing().keys()].filter(isSession)).toEqual([])
  })

  test('can be declined, which leaves only that relying party', async () => {
    const { visitor, channels, tokens } = await open([200, 200])
    await signOut(visitor, '?client_id=rp-0', {})
    await world.delivered()
    expect(channels[0]?.received).toHaveLength(1)
    expect(channels[1]?.received).toEqual([])
    expect((await visitor.userinfo(tokens[0]?.['access_token'])).status).toBe(401)
    expect((await visitor.userinfo(tokens[1]?.['access_token'])).status).toBe(200)
    expect(locationOf(await visitor.authorize({ client: 'rp-1' }))?.searchParams.has('code')).toBe(true)
  })

  test('goes nowhere that is not registered, and needs the page of this session', async () => {
    const { visitor, tokens } = await open([200])
    const query = new URLSearchParams({
      id_token_hint: String(tokens[0]?.['id_token']),
      post_logout_redirect_uri: 'https://evil.example/',
    })
    const refused = await visitor.go(`/session/end?${query}`)
    expect([refused.status, refused.headers.location]).toEqual([400, undefined])
    await visitor.go('/session/end')
    expect((await visitor.go('/session/end/confirm', { xsrf: 'guessed', logout: 'yes' })).status).toBe(400)
    const foreign = await world.house.send('/session/end/confirm', {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'xsrf=x&logout=yes',
    })
    expect(foreign.status).toBe(403)
    expect(locationOf(await visitor.authorize({ client: 'rp-0' }))?.searchParams.has('code')).toBe(true)
  })

  test('is never undone by somebody who opens a relying party at that moment', async () => {
    const { visitor } = await open([200])
    await world.needs.clients.put(sampleClient('canteen'))
    const page = JSON.parse((await visitor.go('/session/end')).body)
    const { swap } = world.needs.expiring
    let signedOut = false
    // The other tab has read its session and is about to write into it.
    world.needs.expiring.swap = async (key, ...values) => {
      if (isSession(key) && !signedOut) {
        signedOut = true
        await visitor.go(page.action, { xsrf: page.xsrf, logout: 'yes' })
      }
      return await swap(key, ...values)
    }
    const tab = await visitor.authorize({ client: 'canteen' })
    const { location, 'set-cookie': cookies } = tab.headers
    expect([signedOut, tab.status, location, cookies]).toEqual([true, 400, undefined, undefined])
    expect([...world.store.standing().keys()].filter(isSession)).toEqual([])
  })

  test('is for good: a store that is rolled back revives nothing of it', async () => {
    const { visitor, tokens } = await open([200])
    const params = { scope: 'openid offline_access', prompt: 'consent' }
    const offline = await visitor.redeem(await visitor.signIn({ client: 'rp-0', params }), { client: 'rp-0' })
    const code = await visitor.signIn({ client: 'rp-0' })
    const elsewhere = newVisitor(world)
    await elsewhere.signIn({ client: 'rp-0' })
    const before = [...world.store.standing()]
    const cookies = new Map(visitor.cookies)
    await signOut(visitor)
    // Without any roll-back, what outlives a session that only expires.
    expect((await visitor.refresh(offline.body['refresh_token'], 'rp-0')).body['error']).toBe('invalid_grant')

    world.store.wipe()
    for (const [key, value] of before) await world.needs.expiring.put(key, value, { seconds: 600 })
    for (const [key, cookie] of cookies) visitor.cookies.set(key, cookie)
    const silent = await visitor.authorize({ client: 'rp-0', params: { prompt: 'none' } })
    expect(locationOf(silent)?.searchParams.get('error')).toBe('login_required')
    expect((await visitor.redeem(code, { client: 'rp-0' })).body['error']).toBe('invalid_grant')
    expect((await visitor.refresh(offline.body['refresh_token'], 'rp-0')).body['error']).toBe('invalid_grant')
    for (const { access_token } of [offline.body, ...tokens]) {
      expect((await visitor.userinfo(access_token)).status).toBe(401)
    }
    expect(locationOf(await elsewhere.authorize({ client: 'rp-0' }))?.searchParams.has('code')).toBe(true)
    // Whoever signs in again in the revived session goes on as usual.
    const again = await visitor.redeem(await visitor.signIn({ client: 'rp-0' }), { client: 'rp-0' })
    expect((await visitor.userinfo(again.body['access_token'])).status).toBe(200)
  })

  test('sets the end once, as long as anything of the session may live, and none for a stranger', async () => {
    const { visitor } = await open([200, 200])
    const set: Parameters<typeof world.needs.notBefore.set>[] = []
    world.needs.notBefore.set = async (...asked) => void set.push(asked)
    await signOut(visitor)
    expect(set).toEqual([['session', expect.any(String), expect.objectContaining({ reason: 'signed_out' })]])
    const { at, expiresAt } = set[0]?.[2] ?? {}
    expect((expiresAt?.getTime() ?? 0) - (at?.getTime() ?? 0)).toBe(22 * 86_400_000)
    const stranger = newVisitor(world)
    // The library answers whoever is not signed in with a form that sends itself.
    const [, xsrf = ''] = (await stranger.go('/session/end')).body.match(/name="xsrf" value="([^"]+)"/) ?? []
    const left = await stranger.go('/session/end/confirm', { xsrf, logout: 'yes' })
    expect([locationOf(left)?.pathname, set.length]).toEqual(['/session/end/success', 1])
  })

  test('is not said to be done before it stands in the audit, and can then be tried again', async () => {
    const { visitor, channels } = await open([200])
    const { record } = world.needs.audit
    world.needs.audit.record = (event) => (event.event === 'sign-out.completed' ? down() : record(event))
    const { left } = await signOut(visitor)
    expect([left.status, left.headers.location, left.headers['retry-after']]).toEqual([503, undefined, '7'])
    expect(channels[0]?.received).toEqual([])
    world.needs.audit.record = record
    await signOut(visitor)
    expect(world.events.filter(({ event }) => event === 'sign-out.completed')).toMatchObject([{ actor: 'person:lan' }])
  })

  test('leaves a row also where no relying party is to be told', async () => {
    const { visitor } = await open([])
    world.needs.clients.find = async (id) => (id === 'club' ? sampleClient('club', { first_party: false }) : null)
    await visitor.finish(await visitor.authorize({ client: 'club' }))
    editSessions(world.store, () => ({ authorizations: undefined }))
    await signOut(visitor)
    const device = world.events[0]?.device
    const names = world.events.filter((row) => row.device === device).map(({ event }) => event)
    expect(names).toEqual(['sign-in.proven', 'sign-in.completed', 'consent.given', 'sign-out.completed'])
    expect(device).toMatch(/^[\w-]{22}$/)
  })

  test('says so where it cannot be for good, and does nothing by halves', async () => {
    const { visitor, channels, tokens } = await open([200, 204])
    const { set } = world.needs.notBefore
    world.needs.notBefore.set = down
    const { left } = await signOut(visitor)
    expect([left.status, left.headers.location, left.headers['retry-after']]).toEqual([503, undefined, '7'])
    expect(channels.flatMap(({ received }) => received)).toEqual([])
    for (const { access_token } of tokens) expect((await visitor.userinfo(access_token)).status).toBe(200)
    expect(world.events.map(({ event }) => event)).not.toContain('sign-out.completed')
    world.needs.notBefore.set = set
    expect(locationOf((await signOut(visitor)).left)?.pathname).toBe('/session/end/success')
    await world.delivered()
    expect(channels.map(({ received }) => received.length)).toEqual([1, 1])
  })

  test('works for somebody who was suspended', async () => {
    const { visitor, channels } = await open([200])
    await world.setState('lan', 'suspended')
    await signOut(visitor)
    await world.delivered()
    expect(channels[0]?.received).toHaveLength(1)
    expect([...world.store.standing().keys()].filter(isSession)).toEqual([])
  })
})
