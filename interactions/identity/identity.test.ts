import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openSignInHouse, type SignInHouse, sampleVisit } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
beforeEach(async () => {
  const prompt = { name: 'identity' as const, reasons: [] }
  house = await openSignInHouse({
    visits: [sampleVisit('choosing', { prompt, personId: 'lan' }), sampleVisit('login')],
    clock: () => new Date(),
  })
})
afterEach(() => house.close())

const choose = (fields: Record<string, string>) => house.post('/interaction/choosing/identity', fields)
const offered = (body: string) => [...body.matchAll(/<strong>([^<]+)<\/strong><span class="hint">([^<]+)/g)]

test('the hall and this page send a visit to each other, according to what it waits for', async () => {
  expect((await house.send('/interaction/choosing')).headers.location).toBe('/interaction/choosing/identity')
  expect((await house.send('/interaction/login/identity')).headers.location).toBe('/interaction/login')
})

test('each identity stands there with what it is, where, and its number, in the language of the page', async () => {
  const chinese = await house.send('/interaction/choosing/identity')
  expect(offered(chinese.body).map(([, ...words]) => words)).toEqual([
    ['硕士研究生 · 信息管理学院', '202407010101'],
    ['职工 · 图书馆', 'B100234'],
  ])
  const english = await house.send('/interaction/choosing/identity', { headers: { 'accept-language': 'en' } })
  expect(offered(english.body).map(([, what]) => what)).toEqual(['Master’s student · 信息管理学院', 'Staff · Library'])
  expect(english.body).not.toContain('autofocus')
})

test('a choice goes on, once', async () => {
  expect((await choose({ identity: 'lan-2' })).status).toBe(303)
  expect(house.endings).toEqual([{ kind: 'identity', uid: 'choosing', answer: 'lan-2' }])
  expect((await choose({ identity: 'lan-2' })).status).toBe(400)
})

test.each([{}, { identity: 'mei-1' }])('%p is not on offer: the page says so, and shows what is', async (fields) => {
  const { status, body } = await choose(fields)
  expect(status).toBe(422)
  expect(body).toContain('role="alert"')
  expect(offered(body)).toHaveLength(2)
  expect(house.endings).toEqual([])
})
