/** Every page that a person can meet, in every state, with sample data. */
import type { Page } from 'playwright-core'
import type { Clock } from '../../src/campus.ts'
import { claimsOf, KNOWN_SCOPES } from '../../src/clients/clients.ts'
import { club, openSignInHouse, portal, pretender, type SignInHouse, sampleVisit } from './sign-in-house.ts'

export interface PageState {
  name: string
  path: string
  /** The name that a proxy gave the request. */
  requestId?: string
  /** What the person fills in there and sends; the picture is of the answer. */
  sends?: {
    fields: Record<string, string>
    press: string
    /** So often before, unseen. */
    timesBefore?: number
  }
}

const consent = { name: 'consent' as const, reasons: [], claims: [] }
const everything = [...KNOWN_SCOPES, 'library']
const longName = '中国少数民族语言文学与跨境文化传播协同创新中心学生科研训练与学术实践管理服务平台（测试版）'
const longNameInEnglish = 'Undergraduate Research Training and Academic Practice Administration Platform (preview)'

const visits = [
  sampleVisit('login'),
  sampleVisit('keyboard'),
  sampleVisit('again', { personId: 'lan', prompt: { name: 'login', reasons: ['login_prompt'] } }),
  sampleVisit('anew', { again: '1.key.sealed' }),
  sampleVisit('hinted', { params: { login_hint: '202407010101' } }),
  sampleVisit('long', { client: { ...portal, name: longName, nameIn: { en: longNameInEnglish } } }),
  sampleVisit('account', { personId: 'lan', prompt: { name: 'account', reasons: [] } }),
  sampleVisit('identity', { personId: 'lan', prompt: { name: 'identity', reasons: [] } }),
  sampleVisit('another', { personId: 'lan', prompt: { name: 'login', reasons: ['other_account'] } }),
  sampleVisit('consent', {
    client: club,
    personId: 'lan',
    prompt: { ...consent, scopes: ['openid', 'profile'], fields: claimsOf(['profile']) },
  }),
  sampleVisit('consent-unvetted', {
    client: pretender,
    personId: 'lan',
    prompt: { ...consent, scopes: ['openid', 'profile'], fields: claimsOf(['profile']) },
  }),
  sampleVisit('consent-all', {
    client: { ...club, name: longName, nameIn: { en: longNameInEnglish } },
    personId: 'lan',
    prompt: {
      ...consent,
      scopes: everything,
      claims: ['shoe_size'],
      fields: [...claimsOf(everything), 'shoe_size'],
    },
  }),
]

const submit = '.login-submit'
const wrong = { login: '202407010101', password: 'not the password' }
const wrongAgain = { ...wrong, login: '202407010109' }

export const pageStates: readonly PageState[] = [
  { name: 'front-page', path: '/' },
  { name: 'front-page-signed-in', path: '/?as=lan' },
  { name: 'sign-in', path: '/interaction/login' },
  { name: 'sign-in-again', path: '/interaction/again' },
  { name: 'sign-in-anew', path: '/interaction/anew' },
  { name: 'sign-in-hinted', path: '/interaction/hinted' },
  { name: 'sign-in-long', path: '/interaction/long' },
  { name: 'sign-in-wrong', path: '/interaction/login', sends: { fields: wrong, press: submit } },
  {
    name: 'sign-in-incomplete',
    path: '/interaction/login',
    sends: { fields: { login: ' ', password: ' ' }, press: submit },
  },
  {
    name: 'sign-in-throttled',
    path: '/interaction/login',
    sends: { fields: wrongAgain, press: submit, timesBefore: 12 },
  },
  { name: 'account', path: '/interaction/account' },
  { name: 'identity', path: '/interaction/identity' },
  { name: 'sign-in-another', path: '/interaction/another' },
  { name: 'switch', path: '/auth/switch' },
  { name: 'consent', path: '/interaction/consent' },
  { name: 'consent-unvetted', path: '/interaction/consent-unvetted' },
  { name: 'consent-all', path: '/interaction/consent-all' },
  { name: 'sign-out', path: '/session/end' },
  { name: 'sign-out-client', path: '/session/end?client_id=demo-club' },
  { name: 'signed-out', path: '/session/end/success?client_id=demo-club' },
  { name: 'visit-over', path: '/visit-over?way=here' },
  { name: 'visit-over-elsewhere', path: '/visit-over?way=there' },
  { name: 'visit-over-app', path: '/visit-over' },
  { name: 'device', path: '/device' },
  { name: 'device-hinted', path: '/device?state=hinted' },
  { name: 'device-wrong', path: '/device?state=wrong' },
  { name: 'device-throttled', path: '/device?state=throttled' },
  { name: 'device-confirm', path: '/device?state=confirm' },
  { name: 'device-confirm-club', path: '/device?state=confirm-club' },
  { name: 'device-allowed', path: '/device?state=allowed' },
  { name: 'device-refused', path: '/device?state=refused' },
  { name: 'error-expired', path: '/interaction/gone' },
  {
    name: 'error-not-active',
    path: '/interaction/login',
    sends: { fields: { login: '202407010102', password: 'plum blossom in the snow' }, press: submit },
  },
  { name: 'error-client', path: '/auth?client_id=demo-club' },
  { name: 'error-not-found', path: '/nowhere' },
  { name: 'error-named-by-proxy', path: '/nowhere', requestId: '5f2b8c1d9e7a40f3b6c2d8e1a9f40b7c' },
  { name: 'error-named-at-length', path: '/nowhere', requestId: 'f'.repeat(64) },
  { name: 'error-internal', path: '/broken' },
  { name: 'error-busy', path: '/busy' },
]

export async function openSamplePages({ issuer, port, clock }: SamplePages): Promise<SignInHouse> {
  return openSignInHouse({ visits, clock, config: { issuer, trustedProxies: ['127.0.0.0/8'] }, port })
}

interface SamplePages {
  issuer: string
  port: number
  clock: Clock
}

export async function show(page: Page, house: SignInHouse, { path, requestId, sends }: PageState): Promise<void> {
  await page.setExtraHTTPHeaders(requestId === undefined ? {} : { 'x-request-id': requestId })
  for (let times = 0; times < (sends?.timesBefore ?? 0); times++)
    await house.post(`${path}/password`, sends?.fields ?? {})
  await page.goto(`${house.config.issuer}${path}`)
  if (!sends) return
  for (const [name, value] of Object.entries(sends.fields)) await page.locator(`[name=${name}]`).fill(value)
  await page.locator(sends.press).click()
  await page.waitForLoadState()
}
