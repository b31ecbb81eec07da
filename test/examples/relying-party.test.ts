import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { openBrowser, openWorld } from './two-parties.ts'

let world: Awaited<ReturnType<typeof openWorld>>

// At each start the library names everything that a real provider configures.
beforeAll(() => {
  jest.spyOn(console, 'info').mockReturnValue()
  jest.spyOn(console, 'warn').mockReturnValue()
})

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

describe('signing in', () => {
  test('sends state, nonce and an S256 challenge, and comes back to a page with the claims', async () => {
    const browser = openBrowser()
    const page = await browser.go(`${world.portal}/sign-in`)

    const asked = page.trail[1]?.searchParams
    expect(asked?.get('code_challenge_method')).toBe('S256')
    expect(asked?.get('state')).toMatch(/^.{40,}$/)
    expect(asked?.get('nonce')).toMatch(/^.{40,}$/)
    expect(asked?.get('ui_locales')).toBe('zh-CN')
    expect(page.url.href).toBe(`${world.portal}/`)
    expect(page.status).toBe(200)
    for (const claim of ['sid', 'auth_time', 'amr', 'sub']) expect(page.text).toContain(`<code>${claim}</code>`)
  })

  test('shows what it was told as text, never as markup', async () => {
    const page = await openBrowser('en').go(`${world.portal}/sign-in`)
    expect(page.text).toContain('Hello, &lt;zhang-san&gt;')
    expect(page.text).not.toContain('<zhang-san>')
  })

  test('is not finished by an answer that came before', async () => {
    const browser = openBrowser()
    const { trail } = await browser.go(`${world.portal}/sign-in`)
    const answer = trail.find(({ pathname }) => pathname === '/callback') ?? ''
    // Whoever is signed in goes on as they are; anybody else is told.
    const again = await browser.go(answer)
    expect(again.status).toBe(200)
    expect(again.text).toContain('你好')
    const stranger = await openBrowser().go(answer)
    expect(stranger.status).toBe(400)
    expect(stranger.text).toContain('这次登录已经失效')
  })

  test('is not finished in the browser of somebody else', async () => {
    const attacker = await openBrowser().go(`${world.portal}/sign-in`, { until: '/callback' })
    const victim = openBrowser()
    await victim.go(`${world.portal}/sign-in`, { until: '/auth' })
    expect((await victim.go(attacker.url)).status).toBe(400)
    expect((await victim.go(world.portal)).text).not.toContain('你好')
  })

  test('is not finished half an hour later', async () => {
    const browser = openBrowser()
    const { url } = await browser.go(`${world.portal}/sign-in`, { until: '/callback' })
    world.pass(30 * 60)
    expect((await browser.go(url)).status).toBe(400)
  })

  test('goes well in two tabs at once', async () => {
    const browser = openBrowser()
    const first = await browser.go(`${world.portal}/sign-in`, { until: '/callback' })
    const second = await browser.go(`${world.portal}/sign-in`, { until: '/callback' })
    expect((await browser.go(first.url)).text).toContain('你好')
    expect((await browser.go(second.url)).text).toContain('你好')
  })

  test('gives the browser a new session, whatever cookie it came with', async () => {
    const browser = openBrowser()
    browser.jar.set('127.0.0.1 demo-portal-session', 'planted')
    await browser.go(`${world.portal}/sign-in`)
    expect(browser.jar.get('127.0.0.1 demo-portal-session')).toMatch(/^[\w-]{43}$/)
    await browser.go(`${world.club}/sign-in`)
    expect((await browser.go(world.portal)).text).toContain('你好')
  })

  test('that the person refuses says so, and offers another try', async () => {
    world.provider.person.id = null
    const page = await openBrowser('en').go(`${world.portal}/sign-in`)
    expect(page.status).toBe(403)
    expect(page.text).toContain('You are not signed in')
    expect(page.text).toContain('href="/sign-in"')
  })

  test('with a wrong client secret shows the code of the failure', async () => {
    await world.close()
    world = await openWorld({ secretOfClub: 'not-the-secret-of-this-client' })
    const page = await openBrowser().go(`${world.club}/sign-in`)
    expect(page.status).toBe(502)
    expect(page.text).toMatch(/错误代码：\w+/)
    expect(world.lines.join()).not.toContain('not-the-secret')
  })

  test('with the provider down says so, and works once it is up', async () => {
    await world.stopProvider()
    const browser = openBrowser()
    const down = await browser.go(`${world.portal}/sign-in`)
    expect(down.status).toBe(503)
    expect(down.text).toContain('暂时连不上统一身份认证')

    const early = browser.go(`${world.portal}/sign-in`)
    await world.startProvider()
    expect((await early).text).toContain('你好')
  })
})

describe('renewing', () => {
  test('is possible where offline_access was asked for, with the prompt that it takes, and nowhere else', async () => {
    const portal = await openBrowser().go(`${world.portal}/sign-in`)
    expect(portal.trail[1]?.searchParams.get('prompt')).toBe('consent')
    expect(portal.text).toContain('action="/refresh"')
    const club = await openBrowser().go(`${world.club}/sign-in`)
    expect(club.trail[1]?.searchParams.has('prompt')).toBe(false)
    expect(club.text).not.toContain('action="/refresh"')
  })

  test('spends one refresh token for two clicks', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    const clicks = [1, 2].map(() => browser.go(`${world.portal}/refresh`, { form: {} }))
    for (const page of await Promise.all(clicks)) expect(page.text).toContain('上次刷新')
    expect(world.provider.grants.filter((grant) => grant === 'refresh_token')).toHaveLength(1)
    expect((await browser.go(`${world.portal}/refresh`, { form: {} })).text).toContain('上次刷新')
  })

  test('keeps the next refresh token when something fails afterwards', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    world.provider.userinfo.isDown = true
    expect((await browser.go(`${world.portal}/refresh`, { form: {} })).status).toBe(503)
    world.provider.userinfo.isDown = false
    expect((await browser.go(`${world.portal}/refresh`, { form: {} })).text).toContain('上次刷新')
  })

  test('that the provider refuses ends the session', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    await world.stopProvider()
    await world.startProvider()
    const refused = await browser.go(`${world.portal}/refresh`, { form: {} })
    expect(refused.status).toBe(403)
    expect(refused.text).toContain('登录已结束')
    expect((await browser.go(world.portal)).text).not.toContain('你好')
  })

  test('with the provider down keeps the session', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    await world.stopProvider()
    expect((await browser.go(`${world.portal}/refresh`, { form: {} })).status).toBe(503)
    expect((await browser.go(world.portal)).text).toContain('你好')
    await world.startProvider()
  })
})

describe('signing out', () => {
  test('at one application ends the session at the other', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    await browser.go(`${world.club}/sign-in`)
    const asked = await browser.go(`${world.portal}/sign-out`, { form: {} })
    expect(asked.url.searchParams.get('id_token_hint')).toBeTruthy()
    expect((await browser.go(world.portal)).text).not.toContain('你好')
    expect((await browser.go(world.club)).text).toContain('你好')

    const xsrf = /name="xsrf" value="(\w+)"/.exec(asked.text)?.[1] ?? ''
    const left = await browser.go(`${world.issuer.href}session/end/confirm`, { form: { xsrf, logout: 'yes' } })
    expect(left.url.href).toBe(`${world.portal}/signed-out`)
    expect((await browser.go(world.club)).text).not.toContain('你好')
    expect(world.lines).toContain('back-channel logout ended 1 session(s)')
  })

  test('ends the local session also when the provider is down', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    const session = browser.jar.get('127.0.0.1 demo-portal-session') ?? ''
    await world.stopProvider()
    await browser.go(`${world.portal}/sign-out`, { form: {}, until: world.issuer.host })
    browser.jar.set('127.0.0.1 demo-portal-session', session)
    expect((await browser.go(world.portal)).text).not.toContain('你好')
    await world.startProvider()
  })

  test('by a form of another origin does nothing', async () => {
    const browser = openBrowser()
    await browser.go(`${world.portal}/sign-in`)
    const cookie = `demo-portal-session=${browser.jar.get('127.0.0.1 demo-portal-session')}`
    for (const headers of [{ cookie, origin: world.club }, { cookie }, { cookie, 'sec-fetch-site': 'same-site' }]) {
      const response = await fetch(`${world.portal}/sign-out`, { method: 'POST', headers, redirect: 'manual' })
      expect(response.status).toBe(403)
    }
    expect((await browser.go(world.portal)).text).toContain('你好')
  })

  test('by a logout token that nobody signed is refused', async () => {
    for (const body of ['logout_token=e30.e30.e30', 'logout_token=', `logout_token=${'a'.repeat(20_000)}`]) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const response = await fetch(`${world.portal}/backchannel-logout`, { method: 'POST', headers, body })
      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({ error: 'invalid_request' })
    }
  })
})

describe('every answer', () => {
  test('is kept by nobody, framed by nobody, and runs nothing', async () => {
    for (const path of ['/', '/signed-out', '/callback', '/nowhere']) {
      const { headers } = await fetch(`${world.portal}${path}`)
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
  })

  test('is in the language that the browser asks for, Chinese where it asks for none of ours', async () => {
    for (const [asked, lang] of [
      ['en-GB,zh;q=0.5', 'en'],
      ['zh-TW', 'zh-CN'],
      ['fr', 'zh-CN'],
      ['en;q=0, zh', 'zh-CN'],
    ]) {
      expect((await openBrowser(asked).go(world.portal)).text).toContain(`<html lang="${lang}"`)
    }
  })

  test('sends a browser that came by another name to the registered address, and nowhere else', async () => {
    const { port } = new URL(world.portal)
    const page = await fetch(`http://localhost:${port}//evil.example/callback?x=1`, { redirect: 'manual' })
    expect(page.headers.get('location')).toBeNull()
    const front = await fetch(`http://localhost:${port}/?x=1`, { redirect: 'manual' })
    expect(front.headers.get('location')).toBe(`${world.portal}/?x=1`)
  })
})
