/** Every hosted page in every state, in a real browser, before any provider stands behind it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Page } from 'playwright-core'
import { type Chromium, launchChromium } from '../support/chromium.ts'
import { freePort } from '../support/free-port.ts'
import { openSamplePages, pageStates, show } from '../support/page-states.ts'
import type { SignInHouse } from '../support/sign-in-house.ts'
import { until } from '../support/until.ts'
import { look } from './look.ts'

const MINUTE = 60_000

let chromium: Chromium
let house: SignInHouse
let issuer: string

beforeAll(async () => {
  const port = await freePort()
  issuer = `http://localhost:${port}`
  chromium = await launchChromium()
  house = await openSamplePages({ issuer, port, clock: () => new Date() })
}, MINUTE)

afterAll(async () => {
  await chromium?.close()
  await house?.close()
})

/** What the browser complained about: scripts that failed, things that the policy stopped. */
function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    // The status of the page itself is told there too, and pages of errors have one on purpose.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

describe.each([
  { width: 320, locale: 'zh-CN', colorScheme: 'light' as const },
  { width: 1280, locale: 'en-GB', colorScheme: 'dark' as const },
])('at $width px in $locale, $colorScheme', ({ width, ...options }) => {
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    const person = await chromium.newPerson({ ...options, viewport: { width, height: 720 } })
    page = person.page
    complaints = complaintsOf(page)
  })
  afterAll(() => page.context().close())

  test.each(pageStates)('$name has no barrier, fits, and breaks no rule of its own policy', async (state) => {
    await show(page, house, state)
    await look(page)
    expect(complaints).toEqual([])
  })
})

test(
  'with letters twice as large everything still fits on a phone',
  async () => {
    const { page, context } = await chromium.newPerson({ viewport: { width: 390, height: 844 } })
    for (const state of pageStates) {
      await show(page, house, state)
      await page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
      const [content = 0, window = 0] = await page.evaluate<number[]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      )
      expect([state.name, content > window]).toEqual([state.name, false])
    }
    await context.close()
  },
  MINUTE,
)

describe('the script', () => {
  const open = async (javaScriptEnabled = true) => {
    const { page, context } = await chromium.newPerson({ javaScriptEnabled, locale: 'zh-CN' })
    await page.goto(`${issuer}/interaction/login`)
    return { page, context, password: page.getByLabel('密码', { exact: true }) }
  }

  test('shows the password as long as it is wanted', async () => {
    const { page, context, password } = await open()
    const reveal = page.getByRole('button', { name: '显示密码' })
    await password.fill('plum')
    await reveal.click()
    expect([await password.getAttribute('type'), await reveal.getAttribute('aria-pressed')]).toEqual(['text', 'true'])
    expect(await reveal.textContent()).toBe('隐藏')
    await reveal.click()
    expect(await password.getAttribute('type')).toBe('password')
    await context.close()
  })

  test('says when Caps Lock is on', async () => {
    const { page, context, password } = await open()
    await password.focus()
    const event = `new KeyboardEvent('keydown', { key: 'A', modifierCapsLock: true, bubbles: true })`
    await page.evaluate(`document.getElementById('password').dispatchEvent(${event})`)
    await page.getByText('大写锁定已打开。').waitFor()
    await page.getByLabel('账号').focus()
    await page.getByText('大写锁定已打开。').waitFor({ state: 'detached' })
    await context.close()
  })

  test('sends a form once, however often the button is pressed', async () => {
    const { page, context, password } = await open()
    const sent: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.url())
    })
    await page.getByLabel('账号').fill('202407010103')
    await password.fill('a guess')
    await page.evaluate("for (let press = 0; press < 5; press++) document.querySelector('.login-submit').click()")
    await page.getByText('账号或密码不正确').waitFor()
    expect(sent).toHaveLength(1)
    await context.close()
  })

  test('is not needed: without it there is no button that does nothing', async () => {
    const { page, context, password } = await open(false)
    expect(await page.getByRole('button').allTextContents()).toEqual(['登录'])
    await page.getByLabel('账号').fill('202407010104')
    await password.fill('a guess')
    await page.getByRole('button', { name: '登录', exact: true }).click()
    await page.getByText('账号或密码不正确').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe('password')
    await context.close()
  })
})

test(
  'the keyboard alone signs in, and every stop can be seen',
  async () => {
    const { page, context } = await chromium.newPerson({ locale: 'zh-CN' })
    await page.goto(`${issuer}/interaction/keyboard`)
    const stops: string[] = []
    await page.keyboard.type('202407010101')
    for (let stop = 0; stop < 4; stop++) {
      await page.keyboard.press('Tab')
      stops.push(await page.evaluate('document.activeElement.id || document.activeElement.className'))
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).not.toBe('none')
      if (stop === 0) await page.keyboard.type('plum blossom in the snow')
      if (stop === 2) await page.keyboard.press('Space')
    }
    expect(stops).toEqual(['password', 'reveal', 'remember', 'button button-main login-submit'])
    await page.keyboard.press('Enter')
    await until('the visit has ended', () => house.endings.some(({ uid }) => uid === 'keyboard'))
    expect(house.endings).toContainEqual(
      expect.objectContaining({ proof: expect.objectContaining({ remember: true }) }),
    )
    await context.close()
  },
  MINUTE,
)
