/** What a person does, by the words that they read. */
import type { Locator, Page } from 'playwright-core'
import { until } from '../support/until.ts'
import type { Account } from './worlds.ts'

export interface Words {
  signInWithCampusId: string
  account: string
  password: string
  signIn: string
  allow: string
  deny: string
  signOut: string
  signOutQuestion: string
  signedOut: string
  hello: string
  consentQuestion: string
  notSignedIn: string
}

export const CHINESE: Words = {
  signInWithCampusId: '使用统一身份认证登录',
  account: '账号',
  password: '密码',
  signIn: '登录',
  allow: '同意',
  deny: '拒绝',
  signOut: '退出登录',
  signOutQuestion: '退出登录？',
  signedOut: '已退出登录',
  hello: '你好，',
  consentQuestion: '授权确认',
  notSignedIn: '没有登录',
}

export const ENGLISH: Words = {
  signInWithCampusId: 'Sign in with Campus ID',
  account: 'Account',
  password: 'Password',
  signIn: 'Sign in',
  allow: 'Agree',
  deny: 'Decline',
  signOut: 'Sign out',
  signOutQuestion: 'Sign out?',
  signedOut: 'You are signed out',
  hello: 'Hello, ',
  consentQuestion: 'Share your details?',
  notSignedIn: 'You are not signed in',
}

/** From the front page of a relying party to the page that Campus ID shows. */
export async function leaveForCampusId(page: Page, party: string, words = CHINESE): Promise<void> {
  await page.goto(party)
  await page.getByRole('link', { name: words.signInWithCampusId }).click()
}

export async function enter(page: Page, { login, password }: Omit<Account, 'name'>, words = CHINESE): Promise<void> {
  await page.getByLabel(words.account, { exact: true }).fill(login)
  await page.getByLabel(words.password, { exact: true }).fill(password)
  await press(page, words.signIn)
}

export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
}

export async function hasFocus(page: Page, element: Locator): Promise<boolean> {
  return (await element.and(page.locator(':focus')).count()) === 1
}

/** Waits until the page has this heading. */
export async function seeHeading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
}

export async function seeSignedIn(page: Page, { name }: Pick<Account, 'name'>, words = CHINESE): Promise<void> {
  await seeHeading(page, `${words.hello}${name}`)
}

/** The value that the page of a relying party shows for a claim. */
export async function claim(page: Page, name: string): Promise<string | null> {
  const row = page.getByRole('row').filter({ has: page.locator('code', { hasText: new RegExp(`^${name}$`) }) })
  return row.getByRole('cell').textContent()
}

export async function signInAt(page: Page, party: string, account: Account, words = CHINESE): Promise<void> {
  await leaveForCampusId(page, party, words)
  await enter(page, account, words)
  await seeSignedIn(page, account, words)
}

/** From a signed-in page, by way of Campus ID, which asks nothing, to the page that says so. */
export async function signOut(page: Page, words = CHINESE): Promise<void> {
  await press(page, words.signOut)
  await seeHeading(page, words.signedOut)
}

/** Comes back until the relying party has heard of a sign-out: it is told by the back channel, a moment later. */
export async function seeSignedOutAt(page: Page, party: string, words = CHINESE): Promise<void> {
  await until('the relying party has heard of the sign-out', async () => {
    await page.goto(party)
    return page.getByRole('link', { name: words.signInWithCampusId }).isVisible()
  })
}
