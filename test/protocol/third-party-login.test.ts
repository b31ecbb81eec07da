/** A sign-in that begins on a page of ours (OpenID Connect Core §4). */
import { afterEach, describe, expect, test } from '@jest/globals'
import { sampleClient } from '../support/memory-desk.ts'
import { locationOf, newVisitor } from '../support/provider-visitor.ts'
import { openProviderWorld, type ProviderWorld } from '../support/provider-world.ts'
import { CALLBACK, issueToken, registration } from '../support/registering.ts'

let world: ProviderWorld
afterEach(() => world.close())

const BEGIN = 'https://library.school.example/begin?from=portal'

async function open() {
  world = await openProviderWorld({
    clients: [
      sampleClient('library', { client_name: '图书馆', initiate_login_uri: BEGIN }),
      sampleClient('canteen', { client_name: '食堂' }),
      sampleClient('club', { client_name: '社团', initiate_login_uri: 'https://club.school.example/' }),
    ],
  })
  return newVisitor(world)
}

const linksIn = (body: string) =>
  [...body.matchAll(/href="(https:[^"]+)"/g)].map(([, href = '']) => new URL(href.replaceAll('&amp;', '&')))

describe('the front page', () => {
  test('leads whoever is signed in to where an application begins, and tells it who we are', async () => {
    const visitor = await open()
    await visitor.signIn()
    const { body } = await visitor.go('/')
    expect(body).toMatch(/图书馆.+社团/)
    const [library, club, ...others] = linksIn(body)
    expect(library?.href.split('?')[0]).toBe('https://library.school.example/begin')
    expect(Object.fromEntries(library?.searchParams ?? [])).toEqual({ from: 'portal', iss: world.issuer })
    expect([club?.origin, others]).toEqual(['https://club.school.example', []])
    // What the application does then.
    expect(locationOf(await visitor.authorize())?.searchParams.has('code')).toBe(true)
  })

  test('names no application to a stranger, none that is disabled, and none that says nowhere to begin', async () => {
    const visitor = await open()
    expect(linksIn((await visitor.go('/')).body)).toEqual([])
    await visitor.signIn()
    await world.needs.clients.disable('club', new Date())
    const { body } = await visitor.go('/')
    expect(linksIn(body).map(({ host }) => host)).toEqual(['library.school.example'])
    expect(body).not.toContain('食堂')
  })
  test('leads to nobody whom the school has not looked at', async () => {
    const visitor = await open()
    const { value } = await issueToken(world)
    const begin = 'https://lab.school.example/begin'
    const document = { redirect_uris: [CALLBACK], client_name: '密码过期', initiate_login_uri: begin }
    expect((await registration(world, 'POST', { document, token: value })).status).toBe(201)
    await visitor.signIn()
    const { body } = await visitor.go('/')
    expect(linksIn(body).map(({ host }) => host)).toEqual(['library.school.example', 'club.school.example'])
    expect(body).not.toContain('密码过期')
  })
})
