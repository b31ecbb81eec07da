import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openSignInHouse, type SignInHouse, sampleVisit } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
beforeEach(async () => {
  const prompt = { name: 'account' as const, reasons: [] }
  const another = { name: 'login' as const, reasons: ['other_account'] }
  house = await openSignInHouse({
    visits: [
      sampleVisit('choosing', { prompt, personId: 'lan' }),
      sampleVisit('another', { prompt: another, personId: 'lan' }),
      sampleVisit('login'),
    ],
    clock: () => new Date(),
  })
})
afterEach(() => house.close())

const answer = (fields: Record<string, string>) => house.post('/interaction/choosing/account', fields)

test('the hall and this page send a visit to each other, according to what it waits for', async () => {
  expect((await house.send('/interaction/choosing')).headers.location).toBe('/interaction/choosing/account')
  expect((await house.send('/interaction/login/account')).headers.location).toBe('/interaction/login')
})

test('the page says who is signed in, and what it means to be somebody else', async () => {
  const { body } = await house.send('/interaction/choosing/account')
  expect(body).toContain('吴兰')
  expect(body).toContain('202407010101')
  expect(body).toContain('将退出当前账号')
})

test.each(['same', 'other'])('%s goes on, once', async (account) => {
  expect((await answer({ account })).status).toBe(303)
  expect(house.endings).toEqual([{ kind: 'account', uid: 'choosing', answer: account }])
  expect((await answer({ account })).status).toBe(400)
})

test.each([{}, { account: '' }, { account: 'mei' }])('%p is no answer', async (fields) => {
  expect((await answer(fields)).status).toBe(400)
  expect(house.endings).toEqual([])
})

test('whoever comes to be somebody else is not asked to sign in once more', async () => {
  expect((await house.send('/interaction/another')).body).not.toContain('为保护')
})

test('the page between two accounts works by its button, and cannot be made to carry anything else', async () => {
  const { body } = await house.send('/auth/switch')
  expect(body).toMatch(/<form class="form" method="post" action="[^"]+\/session\/end\/confirm\?nothing"/)
  expect(body).toContain('name="xsrf" value="x&quot;')
  expect(body).toMatch(/<button type="submit"[^>]+name="logout" value="yes"/)
  expect(body).not.toMatch(/<script(?![^>]* src=)/)
})
