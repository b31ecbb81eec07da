import { widthOf } from '../terminal/terminal.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE } from './demo-people.ts'

export interface SummaryFacts {
  issuer: string
  /** null where the relying parties are not installed. */
  relyingParties: { portal: string; club: string } | null
  dataDir: string
  /** A terminal that shows colours, and whose owner has not refused them (NO_COLOR). */
  colour: boolean
  /** From the start of the process until it was ready. */
  seconds: number
}

/** What whoever has typed `npm start` wants to know: where to go, as whom, and what to try. Fits 80 columns. */
export function demoSummary({ issuer, relyingParties, dataDir, colour, seconds }: SummaryFacts): string {
  const bold = (text: string) => (colour ? `\u001b[1m${text}\u001b[22m` : text)
  const faint = (text: string) => (colour ? `\u001b[2m${text}\u001b[22m` : text)
  const accent = (text: string) => (colour ? `\u001b[36m${text}\u001b[39m` : text)
  const heading = (zh: string, en: string) => `  ${bold(zh)}  ${faint(en)}`

  const addresses = [
    ...(relyingParties === null
      ? []
      : [
          `    ${accent(relyingParties.portal)}  演示门户  Demo portal`,
          `    ${accent(relyingParties.club)}  二手书交换  Book exchange`,
        ]),
    `    ${accent(issuer)}  统一身份认证  Campus ID`,
  ]
  const numbers = DEMO_PEOPLE.flatMap(({ name, identities, notes }) =>
    identities.map(({ number }, index) => ({ number, name, note: notes[index] ?? '' })),
  )
  const nameWidth = Math.max(...numbers.map(({ name }) => widthOf(name)))
  const accounts = numbers.map(
    ({ number, name, note }) => `    ${bold(number)}  ${name}${' '.repeat(nameWidth - widthOf(name))}  ${faint(note)}`,
  )
  const tries = [
    '    1  打开演示门户并登录，查看收到的信息',
    faint('       Open the demo portal, sign in, look at the claims'),
    '    2  再打开二手书交换：无需再次登录，但要先征得您的同意',
    faint('       Then the book exchange: no second sign-in, but it asks for consent'),
    '    3  在任一处退出：两处都已退出',
    faint('       Sign out of either: you are signed out of both'),
  ]
  return [
    '',
    `  ${bold('Campus ID 统一身份认证')}  ${faint(`ready in ${seconds.toFixed(1)} s`)}`,
    '',
    heading('地址', 'Addresses'),
    ...addresses,
    '',
    heading('演示账号', 'Demo accounts'),
    ...accounts,
    `    ${faint('密码 Password')}  ${bold(DEMO_PASSWORD)}`,
    '',
    ...(relyingParties === null ? [] : [heading('试一试', 'What to try'), ...tries, '']),
    `  ${faint(`数据 Data  ${dataDir}`)}`,
    `  ${faint('按 Ctrl-C 停止  Ctrl-C stops it')}`,
    '',
    '',
  ].join('\n')
}
