import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openSignInHouse, type SignInHouse, samplePassword, sampleVisit } from '../../test/support/sign-in-house.ts'

let house: SignInHouse
let now: Date
beforeEach(async () => {
  now = new Date()
  const consent = { name: 'consent' as const, reasons: [], scopes: ['openid'], claims: [], fields: [] }
  house = await openSignInHouse({
    visits: [
      ...['v1', 'v2', 'v3'].map((uid) => sampleVisit(uid)),
      sampleVisit('hinted', { params: { login_hint: '202407010101' } }),
      sampleVisit('consenting', { prompt: consent }),
    ],
    clock: () => now,
  })
})
afterEach(() => house.close())

const attempt = (uid: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  house.post(`/interaction/${uid}/password`, fields, headers)
const right = { login: '202407010101', password: samplePassword }
const wrong = { ...right, password: 'not it' }

test('the form asks for account and password, keeps neither, and remembers nobody unasked', async () => {
  const { status, body } = await house.send('/interaction/v1')
  expect(status).toBe(200)
  expect(body).toMatch(/<form [^>]*method="post" action="\/interaction\/v1\/password"/)
  expect(body).toMatch(/<input id="login" name="login" [^>]*autocomplete="username"[^>]* autofocus/)
  expect(body).toMatch(/<input id="password" name="password" type="password" [^>]*autocomplete="current-password"/)
  expect(body).toMatch(/<input type="checkbox" id="remember"(?![^>]*checked)/)
  expect(body).toContain('class="button button-main login-submit"')
})

test('whom the relying party expects is filled in, and the password comes next', async () => {
  const { body } = await house.send('/interaction/hinted')
  expect(body).toMatch(/name="login" value="202407010101"(?![^>]*autofocus)/)
  expect(body).toMatch(/name="password" [^>]*autofocus/)
})

test('account and password sign the person in, once, until the browser is closed', async () => {
  const { status, headers } = await attempt('v1', right)
  expect([status, headers.location]).toEqual([303, '/auth/v1'])
  const proof = { personId: 'lan', method: 'password', amr: ['pwd'], remember: false, provenAt: now }
  expect(house.endings).toEqual([{ kind: 'signed-in', uid: 'v1', proof }])
  expect((await attempt('v1', right)).status).toBe(400)
  expect(house.endings).toHaveLength(1)
})

test('7天免登录 is passed on when it is ticked', async () => {
  await attempt('v1', { ...right, remember: 'yes' })
  expect(house.endings).toMatchObject([{ proof: { remember: true } }])
})

test('what a password proves, it proves for the moment before it was looked at', async () => {
  const began = now
  const { verify } = house.hasher
  house.hasher.verify = (...asked) => {
    now = new Date(began.getTime() + 1_900)
    return verify(...asked)
  }
  await attempt('v1', right)
  expect(house.endings).toMatchObject([{ proof: { provenAt: began } }])
})

test('a number in full-width digits is the same number', async () => {
  expect((await attempt('v1', { ...right, login: '２０２４０７０１０１０１' })).status).toBe(303)
})

describe('a wrong password', () => {
  test('shows the form again with the account, without the password, and with the focus on the problem', async () => {
    const { status, body } = await attempt('v1', { ...wrong, remember: 'yes' })
    expect(status).toBe(422)
    expect(body).toContain('<title>登录未成功 · 统一身份认证</title>')
    expect(body).toContain('value="202407010101"')
    expect(body).not.toContain('not it')
    expect(body).toMatch(/name="password" [^>]*aria-invalid="true" aria-describedby="password-problem" autofocus/)
    expect(body).toMatch(/<p class="problem" id="password-problem">账号或密码不正确/)
    expect(body).toMatch(/id="remember" [^>]*checked/)
    expect(house.endings).toEqual([])
  })

  test('is answered in the same bytes whatever account it was for', async () => {
    const accounts = ['202407010101', '202407010102', '999999999999', '"><script>']
    const bodies = await Promise.all(
      accounts.map(async (login) => (await attempt('v1', { ...wrong, login })).body.replace(/ value="[^"]*"/, '')),
    )
    expect(new Set(bodies).size).toBe(1)
    expect(house.hasher.verified).toHaveLength(accounts.length)
  })
})

test('a field that was left empty is named, and nothing is counted or compared', async () => {
  const nothing = await attempt('v1', { login: ' ', password: '' })
  expect(nothing.status).toBe(422)
  expect(nothing.body).toMatch(/id="login-problem">请输入账号。/)
  expect(nothing.body).toMatch(/id="password-problem">请输入密码。/)
  expect(nothing.body.match(/autofocus/g)).toHaveLength(1)
  const half = await attempt('v1', { login: '202407010101', password: '' })
  expect(half.body).not.toContain('login-problem')
  expect(half.body).toMatch(/name="password" [^>]*autofocus/)
  expect([house.hasher.verified, house.events]).toEqual([[], []])
})

test('too many tries say when to come back, in words and to machines', async () => {
  const statuses: number[] = []
  for (let tries = 0; tries < 12; tries++) statuses.push((await attempt('v1', wrong)).status)
  expect(statuses.at(-1)).toBe(429)
  const { headers, body } = await attempt('v1', right, { 'accept-language': 'en' })
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  expect(body).toMatch(/role="alert">Too many attempts[^<]* try again in \d+ (minute|second)s?\./)
  expect(house.endings).toEqual([])
})

test('the owner of a suspended account learns so after the right password, and may use another', async () => {
  const { status, body } = await attempt('v1', { ...right, login: '202407010102' })
  expect(status).toBe(403)
  expect(body).toContain('该账号目前不能登录')
  expect(body).toContain('href="/interaction/v1"')
})

test('a visit that has ended, or that was never this browser’s, starts again at the application', async () => {
  const { status, body } = await attempt('gone', right)
  expect(status).toBe(400)
  expect(body).toContain('登录页面已失效')
})

test('a password for a visit that has moved on to consent is not compared', async () => {
  const { status } = await attempt('consenting', right)
  expect(status).toBe(409)
  expect(house.hasher.verified).toEqual([])
})

test('of two presses of the button one signs in', async () => {
  const answers = await Promise.all([attempt('v1', right), attempt('v1', right)])
  expect(house.endings).toHaveLength(1)
  expect(answers.map(({ status }) => status).sort()).toEqual([303, 400])
})

test('while the hashing threads are too busy nobody is told that the password was wrong', async () => {
  house.hasher.verify = () =>
    Promise.reject(Object.assign(new Error('full'), { unavailable: 'hashing', retryAfterSeconds: 3 }))
  const { status, headers, body } = await attempt('v1', right)
  expect([status, headers['retry-after']]).toEqual([503, '3'])
  expect(body).toContain('您的账号没有问题')
  expect(body).toContain('href="/interaction/v1"')
})

test('the audit knows the address and the request', async () => {
  const { headers } = await attempt('v1', wrong)
  expect(house.events).toMatchObject([
    { event: 'sign-in.refused', reason: 'wrong_password', address: '127.0.0.1', request: headers['x-request-id'] },
  ])
})

describe('the metrics', () => {
  const counted = () => house.metrics.counted.map(({ name, labels }) => ({ name, ...labels }))
  const one = { name: 'campus_sign_ins_total', method: 'password', client: 'demo-portal' }

  test('count a wrong password and an account that nobody has alike', async () => {
    await attempt('v1', wrong)
    await attempt('v2', { ...wrong, login: '209912345678' })
    expect(counted()).toEqual([
      { ...one, result: 'wrong' },
      { ...one, result: 'wrong' },
    ])
  })

  test('count tries that were too many, and those for which a thread had no time', async () => {
    for (let tries = 0; tries < 30; tries += 1) await attempt('v1', wrong)
    house.hasher.verify = () =>
      Promise.reject(Object.assign(new Error('full'), { unavailable: 'hashing', retryAfterSeconds: 2 }))
    await attempt('v2', { ...wrong, login: 'mei' })
    expect(counted()).toContainEqual({ ...one, result: 'throttled' })
    expect(counted().at(-1)).toEqual({ ...one, result: 'unavailable' })
  })

  test('do not count what was not tried', async () => {
    await attempt('v1', { login: '', password: 'x' })
    expect(counted()).toEqual([])
  })
})
