import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openSignInHouse, type SignInHouse } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
beforeAll(async () => {
  house = await openSignInHouse({ visits: [], clock: () => new Date() })
})
afterAll(() => house.close())

test('leaving needs one press, staying sends the same form without the word', async () => {
  const { status, body } = await house.send('/session/end')
  expect(status).toBe(200)
  expect(body).toMatch(/<form [^>]*method="post" action="https:\/\/id.school.example\/session\/end\/confirm"/)
  expect(body).toContain('<input type="hidden" name="xsrf" value="x&quot;>&lt;b>"/>')
  expect(body).toMatch(/<button type="submit" class="[^"]+" name="logout" value="yes" autofocus/)
  expect(body).toMatch(/<button type="submit" class="[^"]+">保持登录<\/button>/)
})

test('the page names the application that one comes from', async () => {
  const { body } = await house.send('/session/end?client_id=demo-club', { headers: { 'accept-language': 'en' } })
  expect(body).toContain('You are leaving Book exchange.')
})

test('afterwards there is a way back to the application, if it is known', async () => {
  const back = await house.send('/session/end/success?client_id=demo-club')
  expect(back.body).toContain('href="https://books.club.example/"')
  const nowhere = await house.send('/session/end/success')
  expect(nowhere.body).toContain('您已退出登录')
  expect(nowhere.body).not.toContain('button')
})

test('an error of the provider tells people what to do, and developers what was wrong', async () => {
  const { status, body, headers } = await house.send('/auth?client_id=demo-club', { headers: { accept: 'text/html' } })
  expect(status).toBe(400)
  expect(body).toContain('应用设置有误')
  expect(body).toMatch(/<details[^>]*><summary>[^<]+<\/summary><code>invalid_redirect_uri: redirect_uri did not match/)
  expect(body).toContain(headers['x-request-id'])
})
