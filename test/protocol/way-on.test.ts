/** Where a visit cannot begin again by itself: one button, and no unregistered place. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Answer } from '../support/house.ts'
import { sampleClient } from '../support/memory-desk.ts'
import type { ProviderWorld } from '../support/provider-world.ts'
import { addressOf, arriveAtVisit } from '../support/visits-over.ts'

let world: ProviderWorld
afterEach(() => world.close())

async function arrive(params?: Record<string, string>) {
  const arrived = await arriveAtVisit(params)
  world = arrived.world
  return arrived
}

describe('one button', () => {
  const drawn = (answer: Answer) => ({ status: answer.status, ...JSON.parse(answer.body) })

  test('stops a circle: a browser that keeps no cookies is not sent round', async () => {
    const { visitor, page, pass } = await arrive()
    visitor.cookies.clear()
    const fresh = await visitor.go(addressOf(await visitor.go(page)))
    visitor.cookies.clear()
    const answer = drawn(await visitor.go(addressOf(fresh)))
    expect(answer).toMatchObject({ status: 400, page: 'visit-over', client: { id: 'library' } })
    expect(answer.href).toMatch(/^\/auth\?client_id=library&.*&again=1$/)
    pass(11_000)
    expect((await visitor.go(addressOf(fresh))).status).toBe(303)
  })

  test.each([
    ['library', (issuer: string) => `https://library.school.example/begin?from=here&iss=${encodeURIComponent(issuer)}`],
    ['club', () => 'https://club.school.example/home'],
    ['plain', () => 'https://plain.school.example/'],
  ])('leads to %s where the request was pushed and is used up', async (client, start) => {
    const { visitor, expire } = await arrive()
    const form = Object.fromEntries(new URL(visitor.authorizationAddress({ client }), 'https://x').searchParams)
    const { body } = await visitor.machine('/request', form, client)
    const page = addressOf(await visitor.go(`/auth?client_id=${client}&request_uri=${body['request_uri']}`))
    expire()
    expect(drawn(await visitor.go(page))).toMatchObject({
      status: 400,
      page: 'visit-over',
      client: { id: client },
      href: start(world.issuer),
    })
  })

  test('leads to the relying party where the request is too long for an address, or of yesterday', async () => {
    const { visitor, page, expire, pass } = await arrive({ state: 's'.repeat(2_000) })
    const other = addressOf(await visitor.authorize({ client: 'plain' }))
    pass(25 * 60 * 60 * 1_000)
    expire()
    expect(page.length).toBeLessThan(400)
    expect(drawn(await visitor.go(page)).href).toMatch(/^https:\/\/library\.school\.example\/begin/)
    expect(drawn(await visitor.go(other)).href).toBe('https://plain.school.example/')
  })

  test('leads to the relying party where the request was signed: it is good for minutes', async () => {
    const { visitor, expire } = await arrive()
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] }
    await world.needs.clients.put({ ...sampleClient('signer', { jwks }), managedBy: 'file' })
    const params = Object.fromEntries(
      new URL(visitor.authorizationAddress({ client: 'signer' }), 'https://x').searchParams,
    )
    const request = await new SignJWT(params)
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer('signer')
      .setAudience(world.issuer)
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(privateKey)
    const page = addressOf(await visitor.go(`/auth?client_id=signer&request=${request}`))
    expire()
    expect(drawn(await visitor.go(page)).href).toBe('https://signer.school.example/')
  })

  test('begins again for an app that has no address', async () => {
    const { visitor, expire, pass } = await arrive()
    const page = addressOf(await visitor.authorize({ client: 'app', redirectUri: 'cn.edu.school.app:/callback' }))
    pass(25 * 60 * 60 * 1_000)
    expire()
    expect(drawn(await visitor.go(page)).href).toMatch(/^\/auth\?client_id=app&/)
  })
})

describe('nobody is sent anywhere else', () => {
  test.each([
    ['nothing', ''],
    ['rubbish', '?again=rubbish'],
    ['an address', '?again=https://evil.example/'],
    ['two of them', '?again=0.a.b&again=0.a.b'],
    ['a seal of nobody', `?again=0.AAAAAAAA.${'A'.repeat(120)}`],
  ])('by %s', async (_what, query) => {
    const { visitor, page, expire } = await arrive()
    expire()
    const answer = await visitor.go(`${page.split('?')[0]}${query}`)
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    // The language menu repeats the address that was asked for, below itself.
    expect(answer.body).not.toMatch(/href="https?:/)
  })

  test('by a seal in which one character was changed, or whose mark was', async () => {
    const { visitor, page, expire } = await arrive()
    expire()
    const [path, again = ''] = page.split('?again=')
    const middle = Math.floor(again.length / 2)
    const flipped = again[middle] === 'A' ? 'B' : 'A'
    for (const changed of [again.slice(0, middle) + flipped + again.slice(middle + 1), again.replace(/^0/, '1')]) {
      const answer = await visitor.go(`${path}?again=${changed}`)
      expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    }
  })

  test('by a request that was sealed before its client was disabled', async () => {
    const { visitor, page } = await arrive()
    await world.needs.clients.disable('library', new Date())
    const again = await visitor.go(page)
    const answer = await visitor.go(addressOf(again))
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
  })

  test('nor is a script that asks for data: it is told', async () => {
    const { page } = await arrive()
    const answer = await world.house.send(page, { headers: { accept: 'application/json' } })
    expect([answer.status, JSON.parse(answer.body)['error']]).toEqual([400, 'visit_expired'])
  })

  test('and the seal shows nothing of the request', async () => {
    const { page } = await arrive({ login_hint: '202407010101' })
    const sealed = page.split('?again=')[1]?.split('.')[2] ?? ''
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain('202407010101')
  })
})
