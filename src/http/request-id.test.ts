import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type House, openHouse } from '../../test/support/house.ts'

const OURS = /^([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}$/
const OF_NGINX = '5f2b8c1d9e7a40f3b6c2d8e1a9f40b7c'
const html = { accept: 'text/html,*/*;q=0.8' }

let behindProxy: House
let bare: House
beforeAll(async () => {
  behindProxy = await openHouse({ config: { trustedProxies: ['127.0.0.0/8'] } })
  bare = await openHouse({ config: { trustedProxies: ['10.0.0.0/8'] } })
})
afterAll(async () => {
  await behindProxy.close()
  await bare.close()
})

const idFor = async (house: House, id: string) =>
  (await house.send('/nowhere', { headers: { 'x-request-id': id } })).headers['x-request-id']

describe('a name that a proxy of ours gave', () => {
  test.each([
    ['nginx', OF_NGINX],
    ['a UUID', '0b9d6a3e-7c1f-4d2a-9a55-3f1e2d4c5b6a'],
    ['the shortest', 'abcd1234'],
    ['the longest', 'a'.repeat(64)],
  ])('is kept: %s', async (_what, id) => {
    expect(await idFor(behindProxy, id)).toBe(id)
  })

  test('stands on the error page and in each line of the log', async () => {
    const { headers, body } = await behindProxy.send('/nowhere', { headers: { ...html, 'x-request-id': OF_NGINX } })
    expect(headers['x-request-id']).toBe(OF_NGINX)
    expect(body).toContain(`<code>${OF_NGINX}</code>`)
    const lines = behindProxy.lines.filter(({ request }) => request === OF_NGINX)
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['refused', 'request']))
  })

  test.each([
    ['too short', 'abcd123'],
    ['too long', 'a'.repeat(65)],
    ['far too long', 'a'.repeat(4_000)],
    ['empty', ''],
    ['with a space', 'abcd 12345'],
    ['with markup', '<script>alert(1)</script>'],
    ['with the end of a line, escaped', 'abcd1234%0d%0aSet-Cookie:a=b'],
    ['with a quotation mark', 'abcd"1234'],
    ['in other letters', 'ａｂｃｄ１２３４'],
    ['a list', `${OF_NGINX},${OF_NGINX}`],
    ['with a tab', 'abcd\t1234'],
  ])('is not kept where it is %s', async (_what, id) => {
    const sent = Buffer.from(id).toString('latin1')
    expect(await idFor(behindProxy, sent)).toMatch(OURS)
  })

  test('is not kept where there are two: one of them came from further away', async () => {
    const both = `X-Request-Id: ${OF_NGINX}\r\nX-Request-Id: abcd12345678`
    const answer = await behindProxy.raw(
      `GET / HTTP/1.1\r\nHost: id.school.example\r\n${both}\r\nConnection: close\r\n\r\n`,
    )
    const [, id = ''] = /^X-Request-Id: (.*)$/im.exec(answer) ?? []
    expect(id).toMatch(OURS)
  })

  test('cannot carry a second header into the answer', async () => {
    const folded = 'X-Request-Id: abcd1234\r\n Set-Cookie: planted=1'
    const answer = await behindProxy.raw(
      `GET / HTTP/1.1\r\nHost: id.school.example\r\n${folded}\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).not.toMatch(/planted/)
  })
})

describe('a name that somebody else gave', () => {
  test('is not kept, whomever they claim to speak for', async () => {
    const headers = { 'x-request-id': OF_NGINX, 'x-forwarded-for': '10.0.0.1', forwarded: 'for=10.0.0.1' }
    const answer = await bare.send('/nowhere', { headers: { ...html, ...headers } })
    expect(answer.headers['x-request-id']).toMatch(OURS)
    expect(answer.body).not.toContain(OF_NGINX)
    expect(JSON.stringify(bare.lines)).not.toContain(OF_NGINX)
  })

  test('is not kept where no proxy was named', async () => {
    const alone = await openHouse()
    expect(await idFor(alone, OF_NGINX)).toMatch(OURS)
    await alone.close()
  })
})

test('without a name each request gets one of its own, that can be read out', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, () => behindProxy.send('/nowhere')))
  const names = ids.map(({ headers }) => headers['x-request-id'])
  for (const name of names) expect(name).toMatch(OURS)
  expect(new Set(names).size).toBe(20)
})
