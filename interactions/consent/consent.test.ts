import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { club, openSignInHouse, pretender, type SignInHouse, sampleVisit } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
beforeEach(async () => {
  const fields = ['name', 'preferred_username', 'email', 'shoe_size']
  const asked = { scopes: ['openid', 'profile', 'campus_org'], claims: ['email', 'shoe_size'], fields }
  const prompt = { name: 'consent' as const, reasons: [], ...asked }
  house = await openSignInHouse({
    visits: [
      sampleVisit('asking', { prompt, client: club, personId: 'lan' }),
      sampleVisit('hostile', { prompt, client: { ...club, policyUri: 'javascript:alert(1)', tosUri: null } }),
      sampleVisit('unvetted', { prompt, client: pretender, personId: 'lan' }),
      sampleVisit('login'),
    ],
    clock: () => new Date(),
  })
})
afterEach(() => house.close())

const answer = (uid: string, fields: Record<string, string>) => house.post(`/interaction/${uid}/consent`, fields)

test('the hall and this page send a visit to each other, according to what it waits for', async () => {
  expect((await house.send('/interaction/asking')).headers.location).toBe('/interaction/asking/consent')
  expect((await house.send('/interaction/login/consent')).headers.location).toBe('/interaction/login')
})

test('the page says who asks, for what and why, and hides nothing that it has no words for', async () => {
  const { body } = await house.send('/interaction/asking/consent')
  expect(body).toContain('应用“二手书交换”希望获得以下信息')
  expect([...body.matchAll(/<li><strong>([^<]+)/g)].map(([, what]) => what)).toEqual([
    '确认您已登录',
    '姓名与学工号',
    '个别信息',
    'shoe_size',
  ])
  expect([...body.matchAll(/<span class="details">([^<]+)/g)].map(([, details]) => details)).toEqual([
    '姓名、学工号',
    '邮箱',
  ])
  expect(body).toContain('不属于学校')
  expect(body).toMatch(/href="https:\/\/books.club.example\/privacy" target="_blank" rel="noopener noreferrer"/)
})

test('of one that registered itself the page says where it leads, and that nobody has checked it', async () => {
  const { body } = await house.send('/interaction/unvetted/consent')
  expect(body).toContain('您的信息将提供给： <strong class="address">lab.evil.example:8443</strong>')
  expect(body).toContain('学校没有审核过该应用')
  const english = await house.send('/interaction/unvetted/consent', { headers: { 'accept-language': 'en' } })
  expect(english.body).toContain('Nobody at the university has checked this application')
})

test('of one that the school has looked at it says neither', async () => {
  const { body } = await house.send('/interaction/asking/consent')
  expect(body).not.toMatch(/您的信息将提供给|没有审核过/)
})

test('both answers look the same, and neither is chosen beforehand', async () => {
  const { body } = await house.send('/interaction/asking/consent')
  expect([...body.matchAll(/<button type="submit" class="([^"]+)" name="answer"/g)].map(([, look]) => look)).toEqual([
    'button button-equal',
    'button button-equal',
  ])
  expect(body).not.toContain('autofocus')
})

test('yes goes on, once', async () => {
  expect((await answer('asking', { answer: 'allow' })).status).toBe(303)
  expect(house.endings).toEqual([{ kind: 'allowed', uid: 'asking' }])
  expect((await answer('asking', { answer: 'allow' })).status).toBe(400)
})

test('no goes back to the application', async () => {
  expect((await answer('asking', { answer: 'deny' })).status).toBe(303)
  expect(house.endings).toEqual([{ kind: 'abandoned', uid: 'asking' }])
})

test.each([{}, { answer: '' }, { answer: 'ALLOW' }, { answer: 'yes' }])('%p is no answer', async (fields) => {
  expect((await answer('asking', fields)).status).toBe(400)
  expect(house.endings).toEqual([])
})

test('a visit that waits for a sign-in cannot be answered with a consent', async () => {
  expect((await answer('login', { answer: 'allow' })).status).toBe(409)
  expect(house.endings).toEqual([])
})

test('an address that is not of the web is no link', async () => {
  const { body } = await house.send('/interaction/hostile/consent')
  expect(body).not.toMatch(/javascript:|_blank/)
})
