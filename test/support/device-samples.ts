/** The pages of the device flow in every state. */
import type { DevicePage, DeviceProblem, VisitClient } from '../../src/oidc/oidc.ts'

const deviceForm = { action: '/device', xsrf: 'x"><b>' }
const asked = { address: '203.0.113.7', secondsAgo: 130, isOnCampus: false, isHere: false }
const enter = (problem: DeviceProblem, code = 'BCDF-GHJK'): DevicePage => ({
  step: 'enter',
  ...deviceForm,
  code,
  problem,
})

/** By the state that a test names in the query. */
export const devicePages = ({ portal, club }: { portal: VisitClient; club: VisitClient }) =>
  new Map<string, DevicePage>([
    ['enter', enter({ kind: 'none' }, '')],
    ['hinted', enter({ kind: 'none' })],
    ...(['missing', 'wrong', 'expired', 'used'] as const).map((kind): [string, DevicePage] => [
      kind,
      enter({ kind }, '"><b>BCDF-GHJK'),
    ]),
    ['throttled', enter({ kind: 'throttled', retryAfterSeconds: 200 })],
    ['confirm', { step: 'confirm', ...deviceForm, code: 'BCDF-GHJK', client: portal, asked }],
    [
      'confirm-club',
      {
        step: 'confirm',
        ...deviceForm,
        code: 'BCDF-GHJK',
        client: club,
        asked: { ...asked, address: '2001:db8:85a3:8d3:1319:8a2e:370:7348', isOnCampus: true },
      },
    ],
    [
      'confirm-here',
      { step: 'confirm', ...deviceForm, code: 'BCDF-GHJK', client: club, asked: { ...asked, isHere: true } },
    ],
    ['allowed', { step: 'allowed', client: portal }],
    ['refused', { step: 'refused' }],
  ])
