import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openSignInHouse, type SignInHouse } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
beforeAll(async () => {
  house = await openSignInHouse({ visits: [], clock: () => new Date() })
})
afterAll(() => house.close())

async function look(state: string, language = 'en') {
  const headers = { accept: 'text/html', 'accept-language': language }
  const { status, headers: answered, body } = await house.send(`/device?state=${state}`, { headers })
  return { status, body, retryAfter: answered['retry-after'] }
}

describe('the page where a code is entered', () => {
  test.each(['en', 'zh-CN'])('has one field and one button in %s, and needs no script', async (language) => {
    const { status, body } = await look('enter', language)
    expect(status).toBe(200)
    expect(body).toContain(`<html lang="${language}">`)
    expect(body).toMatch(/<form class="form" method="post" action="\/device">/)
    expect(body.match(/<input /g)).toHaveLength(2)
    expect(body).not.toMatch(/onsubmit|onclick|<script>/)
  })

  test('shows the code that came with the address, which somebody has still to send', async () => {
    expect((await look('hinted')).body).toMatch(/name="user_code" value="BCDF-GHJK"/)
  })

  test.each(['missing', 'wrong', 'expired', 'used'])('says beside the field when the code is %s', async (state) => {
    const { status, body } = await look(state)
    expect(status).toBe(422)
    expect(body).toMatch(/aria-invalid/)
    expect(body).not.toContain('<b>')
  })

  test('says how long to wait after too many', async () => {
    const { status, body, retryAfter } = await look('throttled')
    expect([status, retryAfter]).toEqual([429, '200'])
    expect(body).toContain('4 minutes')
  })
})

describe('the page that asks', () => {
  test('names the application, the code, from where and when, and what to beware of', async () => {
    const { body } = await look('confirm')
    for (const text of ['Demo portal', 'BCDF-GHJK', '203.0.113.7', '3 minutes ago', 'in front of you']) {
      expect(body).toContain(text)
    }
    expect((await look('confirm', 'zh-CN')).body).toContain('演示门户')
  })

  test('has two answers that look the same, the refusal first, and neither is chosen already', async () => {
    const { body } = await look('confirm')
    const buttons = [...body.matchAll(/<button type="submit" class="([^"]+)" name="(\w+)" value="yes"/g)]
    expect(buttons.map(([, look, name]) => [look, name])).toEqual([
      ['button button-equal', 'abort'],
      ['button button-equal', 'confirm'],
    ])
    expect(body).not.toContain('autofocus')
  })

  test('says who runs it, and whether the device asks from where the person is', async () => {
    expect((await look('confirm-club')).body).toContain('not run by the university')
    expect((await look('confirm-club')).body).toContain('the campus network (2001:db8:85a3:8d3:1319:8a2e:370:7348)')
    expect((await look('confirm-here')).body).toContain('the same network address as you')
    expect((await look('confirm')).body).not.toContain('not run by the university')
  })
})

test('the pages at the end say what has become of it', async () => {
  expect((await look('allowed')).body).toContain('The device is signed in')
  expect((await look('refused')).body).toContain('The device is not signed in')
})
