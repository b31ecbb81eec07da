/** The journey that the whole house is built for, on each kind of store. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import * as acts from './acts.ts'
import { look } from './look.ts'
import { demoAccount, openDemo, type Stores, type World } from './worlds.ts'

const MINUTE = 60_000
const STORES: Stores[] = ['the embedded store', 'PostgreSQL and Redis']

describe.each(STORES)('on %s', (stores) => {
  let chromium: Chromium
  let demo: World

  beforeAll(async () => {
    chromium = await launchChromium()
    demo = await openDemo(stores)
  }, 2 * MINUTE)

  afterAll(async () => {
    await chromium?.close()
    await demo?.close()
  })

  test(
    'a person signs in, sees what the portal was told, signs out, and is signed out of both',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await acts.seeHeading(page, '登录')
      expect(new URL(page.url()).origin).toBe(demo.issuer)
      expect(await page.getByRole('main').textContent()).toContain('演示门户')
      await acts.enter(page, demo.account)

      await acts.seeSignedIn(page, demo.account)
      expect(page.url()).toBe(`${demo.portal}/`)
      expect(await acts.claim(page, 'campus_id')).toBe(demo.account.login)
      expect(await acts.claim(page, 'amr')).toBe('pwd')
      expect(await acts.claim(page, 'acr')).toBe('urn:campus-id:acr:password')
      expect(await acts.claim(page, 'sub')).not.toBe(demo.account.login)
      expect(await acts.claim(page, 'auth_time')).toBeTruthy()
      expect(await acts.claim(page, 'sid')).toBeTruthy()

      await acts.leaveForCampusId(page, demo.club)
      await acts.press(page, '同意')
      await acts.seeSignedIn(page, demo.account)

      await page.goto(demo.portal)
      await acts.signOut(page)
      expect(page.url()).toMatch(`${demo.portal}/signed-out`)
      // Back-channel logout alone can have ended the club's session: its cookie is still here.
      expect((await context.cookies(demo.club)).map(({ name }) => name)).toContain('demo-club-session')
      await acts.seeSignedOutAt(page, demo.club)
      await acts.leaveForCampusId(page, demo.club)
      await page.getByLabel('密码', { exact: true }).waitFor()
      await context.close()
    },
    MINUTE,
  )

  test(
    'the portal renews what it knows without the person',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.signInAt(page, demo.portal, demo.account)
      await acts.press(page, '刷新信息')
      await page.getByText('上次刷新').waitFor()
      await acts.press(page, '刷新信息')
      await page.getByText('上次刷新').waitFor()
      await acts.seeSignedIn(page, demo.account)
      await context.close()
    },
    MINUTE,
  )

  test(
    'a third party asks once, and the answer lasts over sessions',
    async () => {
      const account = demoAccount('周明远')
      const first = await chromium.newPerson()
      await acts.leaveForCampusId(first.page, demo.club)
      await acts.enter(first.page, account)
      await acts.seeHeading(first.page, '授权确认')
      await acts.press(first.page, '同意')
      await acts.seeSignedIn(first.page, account)

      const other = await chromium.newPerson()
      await acts.leaveForCampusId(other.page, demo.club)
      const passed: string[] = []
      other.page.on('framenavigated', (frame) => passed.push(frame.url()))
      await acts.enter(other.page, account)
      await acts.seeSignedIn(other.page, account)
      expect(passed.filter((url) => url.includes('/consent'))).toEqual([])
      await first.context.close()
      await other.context.close()
    },
    MINUTE,
  )

  test(
    'a sign-in that the server was restarted under goes on where it was',
    async () => {
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, demo.portal)
      await page.getByLabel('账号', { exact: true }).fill(demo.account.login)
      await page.getByLabel('密码', { exact: true }).fill(demo.account.password)
      await demo.restartServer()
      await acts.press(page, '登录')
      // The relying parties of the demo restart with the server, and keep what they know in memory.
      await acts.seeHeading(page, '这次登录已经失效')
      await look(page)
      await page.getByRole('link', { name: '再试一次' }).click()
      await acts.seeSignedIn(page, demo.account)
      await context.close()
    },
    2 * MINUTE,
  )
})
