/** A device without a browser is let in by a person who has one (RFC 8628). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { DEVICE_GRANT } from '../../src/clients/clients.ts'
import { keyOf } from '../../src/oidc/records.ts'
import { type DeviceWorld, openDeviceWorld } from '../support/device-world.ts'
import { claimsIn, locationOf, newVisitor } from '../support/provider-visitor.ts'

let devices: DeviceWorld
let world: DeviceWorld['world']
beforeAll(async () => {
  devices = await openDeviceWorld()
  world = devices.world
})
afterAll(() => devices.close())

const rowsOf = (event: string) => world.events.filter((row) => row.event === event)

describe('a device that shows a code', () => {
  test('waits, and is let in once the person has signed in', async () => {
    const asking = await devices.begin()
    expect(asking.complete).toBe(`${world.issuer}/device?user_code=${asking.userCode}`)
    expect(asking.userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect(await devices.poll(asking)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } })
    const visitor = newVisitor(world)
    const page = await devices.enter(visitor, asking.userCode)
    expect(page).toMatchObject({ step: 'confirm', client: { id: 'app-screen' }, code: asking.userCode })
    expect(page.asked).toMatchObject({ address: '127.0.0.1', isHere: true, secondsAgo: expect.any(Number) })
    expect(await devices.allow(visitor, page)).toMatchObject({
      status: 200,
      step: 'allowed',
      client: { id: 'app-screen' },
    })
    const { status, body } = await devices.poll(asking)
    expect(status).toBe(200)
    expect(claimsIn(body['id_token'])).toMatchObject({ aud: 'app-screen', iss: world.issuer })
    expect((await visitor.userinfo(body['access_token'])).status).toBe(200)
    expect((await visitor.refresh(body['refresh_token'], 'app-screen')).status).toBe(200)
    const subject = `person:${devices.sign.person}`
    expect(rowsOf('device.allowed').at(-1)).toMatchObject({ result: 'success', subject, client: 'app-screen' })
  })
})

describe('the code', () => {
  test('that came with the address is shown and not sent: the person compares it, without a script', async () => {
    const { complete, userCode } = await devices.begin()
    const visitor = newVisitor(world)
    const page = await devices.open(visitor, complete)
    expect(page).toMatchObject({ step: 'enter', code: userCode, problem: { kind: 'none' } })
    expect(await devices.post(visitor, { xsrf: page.xsrf, user_code: page.code })).toMatchObject({ step: 'confirm' })
  })

  test('is found however it was typed', async () => {
    const { userCode } = await devices.begin()
    expect(await devices.enter(newVisitor(world), ` ${userCode.toLowerCase().replace('-', ' ')} `)).toMatchObject({
      step: 'confirm',
    })
  })

  test.each([
    ['', 'missing'],
    ['BCDF-GHJK', 'wrong'],
    ['AEIO-UAEI', 'wrong'],
    ['<script>', 'wrong'],
  ])('%s is asked for again', async (typed, kind) => {
    expect(await devices.enter(newVisitor(world), typed)).toMatchObject({ step: 'enter', problem: { kind } })
  })

  test('says nothing from a page of somebody else, or without one of ours', async () => {
    const { userCode } = await devices.begin()
    const visitor = newVisitor(world)
    const { xsrf } = await devices.open(visitor)
    const foreign = await world.house.post('/device', { xsrf, user_code: userCode }, { origin: 'https://x.example' })
    expect(foreign.status).toBe(403)
    const without = await visitor.go('/device', { xsrf: 'another', user_code: userCode, confirm: 'yes' })
    expect([without.status, JSON.parse(without.body).page]).toEqual([400, 'error'])
    const stranger = await newVisitor(world).go('/device', { user_code: userCode })
    expect([stranger.status, JSON.parse(stranger.body).page]).toEqual([400, 'error'])
    expect(stranger.headers['set-cookie']).toBeUndefined()
  })

  test('lies nowhere in the store, and what lies there redeems nothing', async () => {
    const { put, reserve } = world.needs.expiring
    const written: string[] = []
    Object.assign(world.needs.expiring, {
      put: (key: string, value: string, expiry: { seconds: number }) => {
        written.push(key, value)
        return put(key, value, expiry)
      },
      reserve: (key: string, value: string, expiry: { seconds: number }) => {
        written.push(key, value)
        return reserve(key, value, expiry)
      },
    })
    const asking = await devices.begin()
    await devices.letIn(asking)
    Object.assign(world.needs.expiring, { put, reserve })
    expect(written.length).toBeGreaterThan(4)
    expect(written.join('\n')).not.toContain(asking.deviceCode)
    expect(written.join('\n')).not.toMatch(new RegExp(asking.userCode.replace('-', '-?')))
    const name = `~${keyOf('DeviceCode', asking.deviceCode)}`
    expect((await devices.poll({ ...asking, deviceCode: name })).body['error']).toBe('invalid_grant')
    expect((await devices.poll(asking)).status).toBe(200)
  })
})

describe('a device', () => {
  test('that the person refuses is told so, and asks anew', async () => {
    const asking = await devices.begin()
    const visitor = newVisitor(world)
    const { xsrf, code } = await devices.enter(visitor, asking.userCode)
    expect(await devices.post(visitor, { xsrf, user_code: code, abort: 'yes' })).toMatchObject({ step: 'refused' })
    expect(await devices.poll(asking)).toMatchObject({ status: 400, body: { error: 'access_denied' } })
    expect(rowsOf('device.refused').at(-1)).toMatchObject({ result: 'refused', client: 'app-screen' })
    expect(await devices.enter(newVisitor(world), asking.userCode)).toMatchObject({ problem: { kind: 'used' } })
  })

  test('is told so too where the person goes back instead of signing in', async () => {
    const asking = await devices.begin()
    const visitor = newVisitor(world)
    const { xsrf, code } = await devices.enter(visitor, asking.userCode)
    const arrived = await visitor.go('/device', { xsrf, user_code: code, confirm: 'yes' })
    const back = await visitor.go(`${locationOf(arrived)?.pathname}/abandon`, {})
    expect(JSON.parse((await visitor.go(String(back.headers.location))).body)).toMatchObject({ step: 'refused' })
    expect((await devices.poll(asking)).body['error']).toBe('access_denied')
  })

  test('that asks too often is told to slow down, and misses nothing', async () => {
    const asking = await devices.begin()
    expect((await devices.poll(asking)).body['error']).toBe('authorization_pending')
    const again = { grant_type: DEVICE_GRANT, device_code: asking.deviceCode }
    const hasty = await newVisitor(world).machine('/token', again, 'app-screen')
    expect(hasty).toMatchObject({ status: 400, body: { error: 'slow_down' } })
    const visitor = await devices.letIn(asking)
    expect((await visitor.machine('/token', again, 'app-screen')).body).toHaveProperty('access_token')
  })

  test('of eight requests at once with one code gets tokens once, and they live on', async () => {
    const asking = await devices.begin()
    const visitor = await devices.letIn(asking)
    const answers = await Promise.all(Array.from({ length: 8 }, () => devices.poll(asking)))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(7)
    expect((await visitor.userinfo(winners[0]?.body['access_token'])).status).toBe(200)
  })

  test('gets nothing with the code of another, and not by another grant', async () => {
    const asking = await devices.begin()
    const visitor = await devices.letIn(asking)
    expect((await devices.poll(asking, 'app-kiosk')).body['error']).toBe('invalid_grant')
    expect((await devices.poll({ ...asking, deviceCode: 'x'.repeat(43) })).body['error']).toBe('invalid_grant')
    const refused = await visitor.machine('/device/auth', { scope: 'openid' }, 'library')
    expect([refused.status, refused.body['error']]).toEqual([400, 'invalid_request'])
    expect((await devices.poll(asking)).status).toBe(200)
  })

  test('that two people let in at once is let in by one', async () => {
    const asking = await devices.begin()
    const visitors = [newVisitor(world), newVisitor(world)]
    const pages = await Promise.all(visitors.map((visitor) => devices.enter(visitor, asking.userCode)))
    const ends = await Promise.all(
      visitors.map((visitor, at) => {
        const { xsrf = '', code = '' } = pages[at] ?? {}
        return visitor.go('/device', { xsrf, user_code: code, confirm: 'yes' })
      }),
    )
    expect(ends.filter(({ status }) => status === 303)).toHaveLength(1)
    const winner = ends.findIndex(({ status }) => status === 303)
    const lost = ends[1 - winner]
    expect(JSON.parse(lost?.body ?? '')).toMatchObject({ step: 'enter', problem: { kind: 'used' } })
    const end = ends[winner]
    if (end) await visitors[winner]?.finish(end, devices.sign)
    expect((await devices.poll(asking)).status).toBe(200)
  })

  test('of a third party asks the person for consent', async () => {
    const asking = await devices.begin('app-kiosk', 'openid')
    await devices.letIn(asking)
    expect(world.events.some(({ event, client }) => event === 'consent.given' && client === 'app-kiosk')).toBe(true)
    expect((await devices.poll(asking, 'app-kiosk')).body).not.toHaveProperty('refresh_token')
  })

  test('of a person whose account is closed meanwhile gets nothing', async () => {
    const asking = await devices.begin()
    await devices.letIn(asking)
    const at = new Date(Date.now() + 1)
    await world.needs.notBefore.set('person', devices.sign.person, { at, reason: 'staff', expiresAt: null })
    expect((await devices.poll(asking)).body['error']).toBe('invalid_grant')
  })
})
