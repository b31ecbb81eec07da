/** Signing in as people do it: with slips, with the keyboard, without JavaScript, on a phone, twice at once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import * as acts from './acts.ts'
import { CHINESE, ENGLISH } from './acts.ts'
import { look } from './look.ts'
import { demoAccount, openDemo, type World } from './worlds.ts'

const MINUTE = 60_000

let chromium: Chromium
let demo: World

beforeAll(async () => {
  chromium = await launchChromium()
  demo = await openDemo('the embedded store')
}, 2 * MINUTE)

afterAll(async () => {
  await chromium?.close()
  await demo?.close()
})

describe('every page on the way', () => {
  test.each([
    { width: 320, words: CHINESE, locale: 'zh-CN', colorScheme: 'light' as const },
    { width: 390, words: ENGLISH, locale: 'en-GB', colorScheme: 'dark' as const },
    { width: 1280, words: CHINESE, locale: 'zh-CN', colorScheme: 'dark' as const },
    { width: 1280, words: ENGLISH, locale: 'en-GB', colorScheme: 'light' as const },
  ])(
    'is free of barriers and fits at $width px in $locale, $colorScheme',
    async ({ width, words, locale, colorScheme }) => {
      const { page, context } = await chromium.newPerson({ locale, colorScheme, viewport: { width, height: 720 } })
      // Somebody who never agrees, so that the question is always asked.
      const account = demoAccount('阿依古丽·买买提')
      await page.goto(demo.portal)
      await look(page)
      await acts.leaveForCampusId(page, demo.portal, words)
      await acts.seeHeading(page, words.signIn)
      expect(await page.locator('html').getAttribute('lang')).toBe(locale.startsWith('en') ? 'en' : 'zh-CN')
      await look(page)
      await acts.enter(page, { login: account.login, password: 'not the password' }, words)
      await page.getByLabel(words.password, { exact: true }).and(page.locator('[aria-invalid]')).waitFor()
      await look(page)
      await acts.enter(page, account, words)
      await acts.seeSignedIn(page, account, words)
      await look(page)

      await acts.leaveForCampusId(page, demo.club, words)
      await acts.seeHeading(page, words.consentQuestion)
      await look(page)
      await acts.press(page, words.deny)
      await acts.seeHeading(page, words.notSignedIn)
      await look(page)

      await page.goto(`${demo.issuer}/session/end`)
      await acts.seeHeading(page, words.signOutQuestion)
      await look(page)
      await page.goto(demo.portal)
      await acts.signOut(page, words)
      await look(page)

      for (const path of ['/', '/nowhere', '/interaction/nowhere', '/auth?client_id=nobody', '/session/end/success']) {
        await page.goto(demo.issuer + path)
        await look(page)
      }
      await context.close()
    },
    MINUTE,
  )
})

describe('a person who', () => {
  test(
    'mistypes the password reads so beside the field, keeps the account, and gets in with the right one',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await acts.enter(page, { login: demo.account.login, password: 'not the password' })
      await page.getByText('账号或密码不正确').waitFor()
      const password = page.getByLabel('密码', { exact: true })
      expect(await page.getByLabel('账号', { exact: true }).inputValue()).toBe(demo.account.login)
      expect(await password.inputValue()).toBe('')
      expect(await acts.hasFocus(page, password)).toBe(true)
      await password.fill(demo.account.password)
      await page.keyboard.press('Enter')
      await acts.seeSignedIn(page, demo.account)
      await context.close()
    },
    MINUTE,
  )

  test(
    'uses the keyboard alone signs in, agrees, and signs out',
    async () => {
      const { page, context } = await chromium.newPerson()
      const { keyboard } = page
      const tabTo = async (role: 'link' | 'button', name: string) => {
        const wanted = page.getByRole(role, { name, exact: true })
        await wanted.waitFor()
        for (let presses = 0; presses < 20; presses += 1) {
          await keyboard.press('Tab')
          if (await acts.hasFocus(page, wanted)) return
        }
        throw new Error(`${name} cannot be reached with the Tab key`)
      }
      const account = demoAccount('石𬭎')
      await page.goto(demo.club)
      await tabTo('link', '使用统一身份认证登录')
      await keyboard.press('Enter')
      await acts.seeHeading(page, '登录')
      await keyboard.type(account.login)
      await keyboard.press('Tab')
      await keyboard.type(account.password)
      await keyboard.press('Enter')
      await acts.seeHeading(page, '授权确认')
      await tabTo('button', '同意')
      await keyboard.press('Enter')
      await acts.seeSignedIn(page, account)
      await page.goto(demo.issuer)
      await tabTo('link', '退出登录')
      await keyboard.press('Enter')
      await acts.seeHeading(page, '退出登录？')
      await keyboard.press('Enter')
      await acts.seeHeading(page, '您已退出登录')
      await context.close()
    },
    MINUTE,
  )

  test(
    'has JavaScript switched off signs in and out like everybody else',
    async () => {
      const { page, context } = await chromium.newPerson({ javaScriptEnabled: false })
      await acts.leaveForCampusId(page, demo.portal)
      await acts.enter(page, { login: demo.account.login, password: 'not the password' })
      await page.getByText('账号或密码不正确').waitFor()
      await acts.enter(page, demo.account)
      await acts.seeSignedIn(page, demo.account)
      await acts.signOut(page)
      await context.close()
    },
    MINUTE,
  )

  test(
    'changes the language on the sign-in page goes on in it',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await page.getByRole('link', { name: 'English' }).click()
      await acts.seeHeading(page, 'Sign in')
      await acts.enter(page, { login: demo.account.login, password: 'not the password' }, ENGLISH)
      await page.getByText('The account or the password is not right').waitFor()
      await acts.enter(page, demo.account, ENGLISH)
      await acts.seeSignedIn(page, demo.account)
      await context.close()
    },
    MINUTE,
  )

  test(
    'declines is told by the third party that nothing was shared, and may try again',
    async () => {
      const { page, context } = await chromium.newPerson()
      const stranger = demoAccount('周明远')
      await acts.leaveForCampusId(page, demo.club)
      await acts.enter(page, stranger)
      await acts.seeHeading(page, '授权确认')
      await acts.press(page, '拒绝')
      await acts.seeHeading(page, '没有登录')
      expect(new URL(page.url()).origin).toBe(demo.club)
      await page.getByRole('link', { name: '再试一次' }).click()
      await acts.seeHeading(page, '授权确认')
      await acts.press(page, '同意')
      await acts.seeSignedIn(page, stranger)
      expect(await acts.claim(page, 'name')).toBe('周明远')
      await context.close()
    },
    MINUTE,
  )

  test(
    'signs in in two tabs at once is signed in in both',
    async () => {
      const { page: one, context } = await chromium.newPerson()
      const other = await context.newPage()
      await acts.leaveForCampusId(one, demo.portal)
      await acts.leaveForCampusId(other, demo.portal)
      await Promise.all([acts.enter(one, demo.account), acts.enter(other, demo.account)])
      await Promise.all([acts.seeSignedIn(one, demo.account), acts.seeSignedIn(other, demo.account)])
      await context.close()
    },
    MINUTE,
  )

  test(
    'presses the button twice is signed in once',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await page.getByLabel('账号', { exact: true }).fill(demo.account.login)
      await page.getByLabel('密码', { exact: true }).fill(demo.account.password)
      await page.getByRole('button', { name: '登录', exact: true }).dblclick()
      await acts.seeSignedIn(page, demo.account)
      await context.close()
    },
    MINUTE,
  )

  test(
    'goes back to the sign-in page afterwards is led on to the application, and is still signed in',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await acts.enter(page, demo.account)
      await acts.seeSignedIn(page, demo.account)
      await page.goBack()
      await acts.seeSignedIn(page, demo.account)
      expect(new URL(page.url()).origin).toBe(demo.portal)
      await context.close()
    },
    MINUTE,
  )

  test(
    'sends a sign-in page whose time is over gets another one, and goes on to the application',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await page.getByLabel('账号', { exact: true }).fill(demo.account.login)
      await page.getByLabel('密码', { exact: true }).fill(demo.account.password)
      const over = page.url()
      await context.clearCookies({ domain: 'localhost' })
      await acts.press(page, '登录')
      await page.waitForURL((url) => url.pathname.startsWith('/interaction/') && !over.includes(url.pathname))
      await acts.seeHeading(page, '登录')
      await look(page)
      await acts.enter(page, demo.account)
      await acts.seeSignedIn(page, demo.account)
      await context.close()
    },
    MINUTE,
  )
})
