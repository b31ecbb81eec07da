import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openSignInHouse, type SignInHouse, sampleVisit } from '../../test/support/sign-in-house.ts'
import { createRouter } from '../app.ts'
import { browserRoutes } from './same-origin.ts'

const origin = 'https://id.school.example'

let house: SignInHouse
beforeAll(async () => {
  house = await openSignInHouse({ visits: [sampleVisit('v1')], clock: () => new Date() })
})
afterAll(() => house.close())

const routes = () => browserRoutes(createRouter(origin, house.rooms))

/** Each way to come from elsewhere, or to say nothing. */
const strangers: [string, Record<string, string>][] = [
  ['nothing that tells where it comes from', {}],
  ['another origin', { origin: 'https://evil.example' }],
  ['an opaque origin', { origin: 'null' }],
  ['the right host without https', { origin: 'http://id.school.example' }],
  ['an origin that only begins like ours', { origin: `${origin}.evil.example` }],
  ['a foreign origin beside a right Referer', { origin: 'https://evil.example', referer: `${origin}/` }],
  ['another site', { 'sec-fetch-site': 'cross-site' }],
  ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
  ['a bookmark', { 'sec-fetch-site': 'none' }],
  ['a foreign Referer', { referer: 'https://evil.example/interaction' }],
  ['a Referer that only begins like ours', { referer: `${origin}.evil.example/` }],
  ['a Referer that is no address', { referer: 'about:blank' }],
]

const ours: [string, Record<string, string>][] = [
  ['our origin', { origin }],
  ['a browser that says so without an origin', { 'sec-fetch-site': 'same-origin' }],
  ['an old browser with our Referer', { referer: `${origin}/interaction/v1` }],
]

test('the rooms have forms at all, so that the tests below prove something', () => {
  expect(routes()).toEqual(
    expect.arrayContaining([
      { method: 'POST', path: '/interaction/:uid/password' },
      { method: 'POST', path: '/interaction/:uid/consent' },
    ]),
  )
})

describe.each(strangers)('a request with %s', (_what, headers) => {
  test('changes nothing at any route of the rooms', async () => {
    for (const { method, path } of routes()) {
      const answer = await house.send(path.replace(':uid', 'v1'), { method, headers })
      expect([path, answer.status, JSON.parse(answer.body).error]).toEqual([path, 403, 'foreign_form'])
    }
    expect(house.endings).toEqual([])
  })

  test.each(['/session/end/confirm', '/Session/End/CONFIRM', '/session/end/confirm/'])(
    'does not sign anybody out at %s',
    async (path) => {
      const { status } = await house.send(path, { method: 'POST', headers })
      expect(status).toBe(403)
    },
  )
})

test.each(ours)('a request with %s is let in', async (_what, headers) => {
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...headers }
  const { status } = await house.send('/interaction/v1/password', {
    method: 'POST',
    headers: form,
    body: 'login=&password=',
  })
  expect(status).toBe(422)
  expect((await house.send('/session/end/confirm', { method: 'POST', headers })).status).toBe(200)
})
