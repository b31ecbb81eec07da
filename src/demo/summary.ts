/** What the demo prints when it is ready: addresses, accounts, and what to try. */
import { DEMO_PASSWORD, DEMO_PEOPLE } from './people.ts'

export interface SummaryFacts {
  issuer: string
  /** null where the examples are not installed. */
  parties: { portal: string; club: string } | null
  database: string
  expiring: string
  dataDir: string
  seconds: number
  colour: boolean
}

const plain = (text: string) => text

export function demoSummary(facts: SummaryFacts): string {
  const style = (code: number) => (facts.colour ? (text: string) => `\u001b[${code}m${text}\u001b[0m` : plain)
  const [bold, dim, blue] = [style(1), style(2), style(36)]
  const lines = [
    '',
    `  ${bold('统一身份认证 · Campus ID')}  ${dim(`ready in ${facts.seconds.toFixed(1)} s`)}`,
    '',
    ...(facts.parties
      ? [
          `  ${bold(blue(facts.parties.portal))}  演示门户,从这里开始 · the demo portal: start here`,
          `  ${blue(facts.parties.club)}  二手书交换,第三方 · a third party that asks for consent`,
        ]
      : []),
    `  ${blue(facts.issuer)}  统一身份认证 · the sign-in itself`,
    '',
    `  ${bold('账号 · Accounts')}  ${dim('密码都是 · all with the password')} ${bold(DEMO_PASSWORD)}`,
    ...DEMO_PEOPLE.map(({ input, show }) => {
      const number = input.identities[0]?.number ?? ''
      return `    ${number}  ${pad(input.name, 20)} ${dim(`${show['zh-CN']} · ${show.en}`)}`
    }),
    '',
    `  ${bold('试一试 · To try')}`,
    '    在门户登录,再打开二手书交换,然后退出 · sign in at the portal, open the book',
    '    exchange, sign out of both',
    '    输错几次密码 · mistype the password a few times, then: npm run campus-id -- audit tail',
    '',
    dim(`  ${facts.database}, ${facts.expiring}; ${facts.dataDir}; Ctrl-C 结束 · ends`),
    '',
  ]
  return `${lines.join('\n')}\n`
}

/** Chinese characters take two columns of a terminal. */
function pad(text: string, columns: number): string {
  const wide = [...text].reduce(
    (sum, character) => sum + (/[\p{Script=Han}\u3000-\u303f\uff00-\uffef]/u.test(character) ? 2 : 1),
    0,
  )
  return text + ' '.repeat(Math.max(0, columns - wide))
}
