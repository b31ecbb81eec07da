import { afterEach, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor, type Visitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { until } from '../support/until.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function arrive(params: Record<string, string> = {}): Promise<{ visitor: Visitor; page: string }> {
  world = await openProviderWorld({ clients: [sampleClient('library'), sampleClient('club', { first_party: false })] })
  const visitor = newVisitor(world)
  return { visitor, page: locationOf(await visitor.authorize({ params }))?.pathname ?? '' }
}

const codeIn = (answer: Parameters<typeof locationOf>[0]) => locationOf(answer)?.searchParams.get('code')
const rows = (name: string) => world.events.filter(({ event }) => event === name)
const completed = () => rows('sign-in.completed')

describe('a visit', () => {
  test('tells the page who asks and for what', async () => {
    const { visitor, page } = await arrive({ login_hint: '202407010101', ui_locales: 'en' })
    expect(await visitor.visit(page)).toEqual({
      uid: page.split('/')[2],
      again: null,
      correlation: expect.any(String),
      prompt: { name: 'login', reasons: ['no_session'] },
      client: {
        id: 'library',
        name: 'library',
        nameIn: { en: 'library in English' },
        uri: null,
        logoUri: null,
        policyUri: null,
        tosUri: null,
        firstParty: true,
        unvettedHosts: null,
      },
      params: expect.objectContaining({ login_hint: '202407010101', ui_locales: 'en' }),
      personId: null,
    })
  })

  test('ends in a sign-in, which the audit tells of before the browser does', async () => {
    const { visitor, page } = await arrive()
    const { correlation } = await visitor.visit(page)
    await visitor.go(`${page}/sign-in`, { person: 'lan' })
    expect(completed()).toEqual([
      expect.objectContaining({
        result: 'success',
        actor: 'person:lan',
        subject: 'person:lan',
        client: 'library',
        address: '127.0.0.1',
        request: expect.stringMatching(/^[0-9A-Z-]+$/),
        details: { method: 'password', acr: 'urn:campus-id:acr:password', remember: false, visit: correlation },
      }),
    ])
    expect(rows('sign-in.proven')).toEqual(completed().map((row) => ({ ...row, event: 'sign-in.proven' })))
    expect(visitor.cookies.has('campus_device /')).toBe(true)
  })

  test('of another browser is expired here', async () => {
    const { page } = await arrive()
    const other = newVisitor(world)
    const answers = [await other.go(page), await other.go(`${page}/sign-in`, { person: 'mei' })]
    expect(answers.map(({ status }) => status)).toEqual([400, 400])
    expect(completed()).toEqual([])
  })

  test('is told from another of the same browser by its address', async () => {
    const { visitor, page } = await arrive()
    const second = locationOf(await visitor.authorize({ client: 'club' }))?.pathname ?? ''
    expect((await visitor.visit(page)).client.id).toBe('library')
    expect((await visitor.visit(second)).client.id).toBe('club')
    // The first one's cookie, moved to the second one's path.
    const cookie = visitor.cookies.get(`campus_interaction ${page}`)
    const signature = visitor.cookies.get(`campus_interaction.sig ${page}`)
    if (cookie) visitor.cookies.set(`campus_interaction ${second}`, { ...cookie, path: second })
    if (signature) visitor.cookies.set(`campus_interaction.sig ${second}`, { ...signature, path: second })
    expect((await visitor.go(second)).status).toBe(400)
  })

  test('expires', async () => {
    const { visitor, page } = await arrive()
    world.store.edit('oidc:interaction:', (record) => {
      expect(Number(record['exp']) - Number(record['iat'])).toBe(15 * 60)
      record['exp'] = Math.floor(Date.now() / 1_000) - 60
    })
    expect((await visitor.go(page)).status).toBe(400)
    expect((await visitor.go(`${page}/sign-in`, { person: 'lan' })).status).toBe(400)
    expect(completed()).toEqual([])
  })

  test('two at once in one browser both end well', async () => {
    const { visitor, page } = await arrive()
    const second = locationOf(await visitor.authorize())?.pathname ?? ''
    const ends = await Promise.all([page, second].map((tab) => visitor.go(`${tab}/sign-in`, { person: 'lan' })))
    const codes = []
    for (const end of ends) codes.push(codeIn(await visitor.finish(end)))
    expect(codes.filter(Boolean)).toHaveLength(2)
  })

  test('whose client was disabled meanwhile is expired', async () => {
    const { visitor, page } = await arrive()
    await world.needs.clients.disable('library', new Date())
    expect((await visitor.go(`${page}/sign-in`, { person: 'lan' })).status).toBe(400)
  })
})

describe('the end of a visit', () => {
  test('twice by the same person goes on twice, and signs in once', async () => {
    const { visitor, page } = await arrive()
    const ends = [
      await visitor.go(`${page}/sign-in`, { person: 'lan' }),
      await visitor.go(`${page}/sign-in`, { person: 'lan' }),
    ]
    expect(ends.map(({ status }) => status)).toEqual([303, 303])
    expect(completed()).toHaveLength(1)
    for (const end of ends.slice(1)) expect(codeIn(await visitor.finish(end))).toBeTruthy()
  })

  test('twice by two persons is the first one’s', async () => {
    const { visitor, page } = await arrive()
    await visitor.go(`${page}/sign-in`, { person: 'lan' })
    expect((await visitor.go(`${page}/sign-in`, { person: 'mei' })).status).toBe(409)
    expect((await visitor.go(`${page}/abandon`, {})).status).toBe(409)
  })

  test('by two persons at once is one person’s, and goes on as theirs', async () => {
    const { visitor, page } = await arrive()
    const persons = ['lan', 'mei', 'lan', 'mei']
    // Nobody has answered before all of them have come as far as the audit.
    let arrived = 0
    world.needs.audit.record = async () => {
      arrived += 1
      await until('all have arrived', () => arrived === persons.length)
    }
    const ends = await Promise.all(persons.map((person) => visitor.go(`${page}/sign-in`, { person })))
    const statuses = ends.map(({ status }) => status)
    const winner = statuses[0] === 303 ? 'lan' : 'mei'
    expect(statuses).toEqual(persons.map((person) => (person === winner ? 303 : 409)))
    const [end] = ends.filter(({ status }) => status === 303)
    const { body } = await visitor.redeem((end && codeIn(await visitor.finish(end))) ?? '')
    const number = winner === 'lan' ? '202407010101' : '202407010102'
    expect((await visitor.userinfo(body['access_token'])).body['campus_id']).toBe(number)
  })

  test('six times at once by one person goes on six times, and is one sign-in', async () => {
    const { visitor, page } = await arrive()
    const ends = await Promise.all(Array.from({ length: 6 }, () => visitor.go(`${page}/sign-in`, { person: 'lan' })))
    expect(ends.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 303))
    expect(completed()).toHaveLength(1)
  })

  test('that did not stand leaves no row of a sign-in and no known device', async () => {
    const { visitor, page } = await arrive()
    let arrived = 0
    const { record } = world.needs.audit
    world.needs.audit.record = async (event) => {
      await record(event)
      arrived += 1
      await until('both have arrived', () => arrived === 2)
    }
    const persons = ['lan', 'mei']
    const ends = await Promise.all(persons.map((person) => visitor.go(`${page}/sign-in`, { person })))
    const lost = ends.filter(({ status }) => status === 409)
    expect(lost).toHaveLength(1)
    expect(lost[0]?.headers['set-cookie']).toBeUndefined()
    const winner = persons[ends.findIndex(({ status }) => status === 303)]
    expect(
      rows('sign-in.proven')
        .map(({ subject }) => subject)
        .toSorted(),
    ).toEqual(['person:lan', 'person:mei'])
    expect(completed().map(({ subject }) => subject)).toEqual([`person:${winner}`])
  })

  test('leaves no row of a sign-in and no known device when the store fails at that moment', async () => {
    const { visitor, page } = await arrive()
    world.store.breakDown('before', (operation) => operation === 'swap')
    const { status, headers } = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    expect([status, headers.location, headers['set-cookie'], completed()]).toEqual([503, undefined, undefined, []])
  })

  test('after the browser has gone on is an expired visit', async () => {
    const { visitor, page } = await arrive()
    const end = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    await visitor.go(locationOf(end)?.href ?? '')
    for (const step of ['sign-in', 'consent', 'abandon']) {
      expect((await visitor.go(`${page}/${step}`, { person: 'lan' })).status).toBe(400)
    }
    expect((await visitor.go(locationOf(end)?.href ?? '')).status).toBe(400)
  })

  test('that does not belong to its step is refused', async () => {
    const { visitor, page } = await arrive()
    expect((await visitor.go(`${page}/consent`, {})).status).toBe(409)
    expect((await visitor.go(page)).status).toBe(200)
  })

  test.each(['suspended', 'closed', 'pending'] as const)('is refused to a person who is %s', async (state) => {
    const { visitor, page } = await arrive()
    await world.setState('lan', state)
    const { status } = await visitor.go(`${page}/sign-in`, { person: 'lan' })
    expect([status, completed()]).toEqual([403, []])
    expect(world.events.at(-1)).toMatchObject({ event: 'sign-in.refused', reason: `account_${state}` })
    expect(visitor.cookies.has('campus_device /')).toBe(false)
  })

  test('is refused to nobody', async () => {
    const { visitor, page } = await arrive()
    expect((await visitor.go(`${page}/sign-in`, { person: 'nobody' })).status).toBe(403)
  })

  test('by going back leads to the relying party with access_denied, once', async () => {
    const { visitor, page } = await arrive()
    const end = await visitor.go(`${page}/abandon`, {})
    expect((await visitor.go(`${page}/sign-in`, { person: 'lan' })).status).toBe(409)
    const back = locationOf(await visitor.go(locationOf(end)?.href ?? ''))
    expect(back?.origin).toBe('https://library.school.example')
    expect(back?.searchParams.get('error')).toBe('access_denied')
  })

  test('leaves nothing behind when the audit cannot be written', async () => {
    const { visitor, page } = await arrive()
    world.needs.audit.record = () =>
      Promise.reject(Object.assign(new Error('down'), { unavailable: 'postgres', retryAfterSeconds: 2 }))
    expect((await visitor.go(`${page}/sign-in`, { person: 'lan' })).status).toBe(503)
    expect((await visitor.visit(page)).prompt.name).toBe('login')
    const [[, raw = '{}'] = []] = [...world.store.standing()].filter(([key]) => key.startsWith('oidc:interaction:'))
    expect(JSON.parse(raw)).not.toHaveProperty('result')
  })
})
