/** By the rules of production: relying parties on their own, a proxy that ends TLS, and a restart in between. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import * as acts from './acts.ts'
import { openInstallation, type World } from './worlds.ts'

const MINUTE = 60_000

let chromium: Chromium
let world: World | null = null

beforeAll(async () => {
  chromium = await launchChromium()
}, MINUTE)

afterEach(async () => {
  await world?.close()
  world = null
}, MINUTE)

afterAll(() => chromium?.close())

describe('an installation', () => {
  test(
    'that is restarted while somebody types their password lets them in',
    async () => {
      world = await openInstallation({ tls: false })
      const { page, context } = await chromium.newPerson()
      await acts.leaveForCampusId(page, world.portal)
      await page.getByLabel('账号', { exact: true }).fill(world.account.login)
      await page.getByLabel('密码', { exact: true }).fill(world.account.password)
      await world.restartServer()
      await acts.press(page, '登录')
      await acts.seeSignedIn(page, world.account)
      await world.restartServer()
      await acts.press(page, '刷新信息')
      await page.getByText('上次刷新').waitFor()
      await acts.leaveForCampusId(page, world.club)
      await acts.seeHeading(page, '授权确认')
      await context.close()
    },
    3 * MINUTE,
  )

  test(
    'behind TLS keeps its cookies to itself and to https',
    async () => {
      world = await openInstallation({ tls: true })
      const { page, context } = await chromium.newPerson({ ignoreHTTPSErrors: true })
      await acts.leaveForCampusId(page, world.portal)
      await acts.seeHeading(page, '登录')
      const during = await context.cookies(page.url())
      const names = during.map(({ name }) => name)
      const ofVisit = expect.stringMatching(/^__Host-campus_visit_[\w-]{10}$/)
      expect(names).toEqual(expect.arrayContaining(['__Secure-campus_interaction', ofVisit]))
      await acts.enter(page, world.account)
      await acts.seeSignedIn(page, world.account)

      const after = await context.cookies(world.issuer)
      expect(after.map(({ name }) => name)).toContain('__Host-campus_session')
      for (const cookie of [...during, ...after]) {
        expect(cookie).toMatchObject({ secure: true, httpOnly: true })
        expect(cookie.name).toMatch(cookie.path === '/' ? /^__Host-/ : /^__Secure-/)
        expect(['Lax', 'Strict']).toContain(cookie.sameSite)
      }

      await acts.leaveForCampusId(page, world.club)
      await acts.press(page, '同意')
      await acts.seeSignedIn(page, world.account)
      await page.goto(world.portal)
      await acts.signOut(page)
      await acts.seeSignedOutAt(page, world.club)
      await context.close()
    },
    3 * MINUTE,
  )
})
