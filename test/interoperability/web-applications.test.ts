/** Relying parties that no one here wrote, in a real browser: Passport, oidc-client-ts, Apache's mod_auth_openidc. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { type Apache, startApache } from '../support/apache.ts'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { ACCOUNT, enter, NAME, openWorld, SECRET, type World } from './world.ts'

const MINUTE = 60_000

let chromium: Chromium
let world: World
let urls: { passport: string; singlePage: string; apache: string }

const web = (client_id: string, url: string) => ({
  client_id,
  redirect_uris: [`${url}/callback`],
  post_logout_redirect_uris: [`${url}/`],
  scope: 'openid profile',
})

beforeAll(async () => {
  const free = async () => `http://127.0.0.1:${await freePort()}`
  urls = { passport: await free(), singlePage: await free(), apache: await free() }
  world = await openWorld([
    { ...web('passport', urls.passport), pkce_exempt: 'passport-openidconnect sends no code challenge' },
    {
      ...web('single-page', urls.singlePage),
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile offline_access',
    },
    {
      ...web('apache', urls.apache),
      scope: 'openid profile campus_basic',
      backchannel_logout_uri: `${urls.apache}/callback?logout=backchannel`,
      backchannel_logout_session_required: true,
    },
  ])
  chromium = await launchChromium()
}, 2 * MINUTE)
afterAll(async () => {
  await chromium?.close()
  await world?.close()
})

async function seeHeading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
}

describe('Passport’s OpenID Connect strategy', () => {
  test('signs somebody in and out', async () => {
    await world.start('express-passport/express-passport.ts', { URL: urls.passport, CLIENT_ID: 'passport' })
    const { page, context } = await chromium.newPerson()
    await page.goto(urls.passport)
    await page.getByRole('link', { name: '使用统一身份认证登录' }).click()
    await enter(page)
    await seeHeading(page, `你好，${NAME}`)
    await page.getByRole('button', { name: '退出登录' }).click()
    await seeHeading(page, '没有登录')
    await page.getByRole('link', { name: '使用统一身份认证登录' }).click()
    await page.getByLabel('密码', { exact: true }).waitFor()
    await context.close()
  })
})

describe('oidc-client-ts', () => {
  test('signs in with PKCE, renews by refresh token and signs out', async () => {
    await world.start('single-page/server.ts', { URL: urls.singlePage, CLIENT_ID: 'single-page' })
    const { page, context } = await chromium.newPerson()
    const problems: string[] = []
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.goto(urls.singlePage)
    await page.getByRole('button', { name: '使用统一身份认证登录' }).click()
    await enter(page)
    await seeHeading(page, `你好，${NAME}`)

    const refreshed = page.waitForResponse((response) => response.url().endsWith('/token'))
    await page.getByRole('button', { name: '刷新' }).click()
    const answer = await refreshed
    expect(new URLSearchParams(answer.request().postData() ?? '').get('grant_type')).toBe('refresh_token')
    expect(await answer.json()).toMatchObject({ refresh_token: expect.any(String), id_token: expect.any(String) })
    await seeHeading(page, `你好，${NAME}`)

    await page.getByRole('button', { name: '退出登录' }).click()
    await seeHeading(page, '没有登录')
    expect(page.url()).toContain(`${urls.singlePage}/`)
    expect(await page.getByRole('alert').textContent()).toBe('')
    expect(problems).toEqual([])
    await context.close()
  })
})

describe('mod_auth_openidc', () => {
  let apache: Apache
  beforeAll(async () => {
    apache = await startApache({
      ISSUER: world.issuer,
      CLIENT_ID: 'apache',
      CLIENT_SECRET: SECRET,
      URL: urls.apache,
    })
  }, MINUTE)
  afterAll(() => apache?.stop())

  async function enterPrivate(page: Page): Promise<void> {
    await page.goto(urls.apache)
    await page.getByRole('link', { name: '进入' }).click()
    await enter(page)
    await seeHeading(page, '内部')
  }

  test('lets somebody in with what userinfo says of them', async () => {
    const { page, context } = await chromium.newPerson()
    await enterPrivate(page)
    const known = await page.getByRole('listitem').allTextContents()
    expect(known).toEqual([
      expect.stringMatching(/^REMOTE_USER=[\w-]{20,}/),
      `OIDC_CLAIM_name=${NAME}`,
      `OIDC_CLAIM_campus_id=${ACCOUNT.login}`,
    ])
    await context.close()
  })

  test('signs them out, here and at Campus ID', async () => {
    const { page, context } = await chromium.newPerson()
    await enterPrivate(page)
    await page.getByRole('link', { name: '退出登录' }).click()
    await seeHeading(page, '公开')
    await page.getByRole('link', { name: '进入' }).click()
    await page.getByLabel('密码', { exact: true }).waitFor()
    await context.close()
  })

  test('ends the session when Campus ID says by the back channel that it is over', async () => {
    const { page, context } = await chromium.newPerson()
    await enterPrivate(page)
    const elsewhere = await context.newPage()
    await elsewhere.goto(`${world.issuer}/session/end`)
    await elsewhere.getByRole('button', { name: '退出登录', exact: true }).click()
    await seeHeading(elsewhere, '您已退出登录')
    await until('Apache asks for a sign-in again', async () => {
      await page.goto(`${urls.apache}/private/`)
      return page.url().startsWith(world.issuer)
    })
    await context.close()
  })
})
