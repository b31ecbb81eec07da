/** What a whole sign-in costs, from the relying party's link to its tokens. (What else there is: costs.test.ts.) */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { DEMO_PASSWORD } from '../../src/demo/demo.ts'
import { costsBetween, costsIn } from '../support/scraped-costs.ts'
import { askForTokens, closeVisitors, newVisitor, VERIFIER } from '../support/visitor.ts'
import { openWholeCampus, REDIRECT_URI, type WholeCampus } from '../support/whole-campus.ts'

const account = { login: '999925010101', password: DEMO_PASSWORD }

let campus: WholeCampus
beforeAll(async () => {
  campus = await openWholeCampus()
}, 60_000)
afterAll(async () => {
  closeVisitors()
  await campus.close()
})

async function signIn(): Promise<void> {
  const { issuer, port } = campus
  const back = await newVisitor(issuer).signIn('library', REDIRECT_URI, account, port)
  const code = back.location?.searchParams.get('code') ?? ''
  const redeemed = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER }
  const { status } = await askForTokens(issuer, port, { ...redeemed, client_id: 'library' })
  expect(status).toBe(200)
}

test('a sign-in with a password makes these trips, and one signature', async () => {
  // The first teaches Redis its scripts and the process its clients, and gives the person a name at this relying party.
  await campus.campus.changes.refresh()
  await signIn()
  const before = costsIn(await campus.scrape())
  await signIn()
  const { 'postgres audit.append': _inBatches, ...costs } = Object.fromEntries(
    costsBetween(before, costsIn(await campus.scrape())),
  )
  expect(costs).toEqual({
    hash: 1,
    'postgres credentials.confirm': 1,
    'postgres credentials.find-by-login': 1,
    'postgres credentials.take-try': 1,
    'postgres not-before.standing': 3,
    'redis count': 2,
    'redis put': 3,
    'redis read': 3,
    'redis read-all': 1,
    'redis reserve': 1,
    'redis swap': 3,
    'redis take': 1,
    'signature id_token': 1,
  })
})
