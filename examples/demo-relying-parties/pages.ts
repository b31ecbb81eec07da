/** The pages, in the language of whoever looks at them. No script: forms and links are enough. */
import { type Html, html } from './html.ts'
import type { Language } from './http.ts'
import type { LocalSession } from './local-sessions.ts'
import { filled, type Words, wordsIn } from './words.ts'

export interface Party {
  clientId: 'demo-portal' | 'demo-club'
  name: Record<Language, string>
  /** Its own origin. */
  url: URL
  scope: string
}

export interface Surroundings {
  party: Party
  other: Party
  issuer: URL
  language: Language
}

export function frontPage(around: Surroundings): Html {
  const words = wordsIn(around.language)
  return frame(around, around.party.name[around.language], [
    html`<p class="lead">${words.tagline[around.party.clientId]}</p>
      <p><a class="button" href="/sign-in">${words.signIn}</a></p>
      <p class="hint">${filled(words.whereTo, { issuer: around.issuer.host })}</p>`,
    thingsToTry(around, words),
  ])
}

export function signedInPage(around: Surroundings, session: LocalSession): Html {
  const { language, other } = around
  const words = wordsIn(language)
  const told = { ...session.idTokenClaims, ...session.userinfo }
  const name = String(told['name'] ?? told['preferred_username'] ?? session.sub)
  const renewed = session.refreshedAt && filled(words.renewedAt, { time: readableTime(session.refreshedAt, language) })
  return frame(around, filled(words.hello, { name }), [
    html`<p class="lead">${words.signedInLead}</p>
      <div class="actions">
        <a class="button" href="${other.url.href}">${filled(words.openOther, { other: other.name[language] })}</a>
        ${session.refreshToken === null ? null : postButton('/refresh', words.renew)}
        ${postButton('/sign-out', words.signOut)}
      </div>
      ${renewed === null ? null : html`<p class="hint" role="status">${renewed}</p>`}`,
    claimsTable(told, language, words),
  ])
}

/** What went wrong, for the person; `code` is for whoever helps them. */
export function problemPage(
  around: Surroundings,
  problem: { title: string; lead: string; code?: string; way?: 'sign-in' | 'home' },
): Html {
  const words = wordsIn(around.language)
  const code = problem.code === undefined ? null : filled(words.code, { code: problem.code })
  return frame(around, problem.title, [
    html`<p class="lead">${problem.lead}</p>
      ${code === null ? null : html`<p class="hint"><code>${code}</code></p>`}
      <div class="actions">
        ${problem.way === 'home' ? null : html`<a class="button" href="/sign-in">${words.tryAgain}</a>`}
        <a class="button quiet" href="/">${words.home}</a>
      </div>`,
  ])
}

export function signedOutPage(around: Surroundings): Html {
  const { language, other } = around
  const words = wordsIn(language)
  return frame(around, words.signedOutTitle, [
    html`<p class="lead">${words.signedOutLead}</p>
      <div class="actions">
        <a class="button" href="/sign-in">${words.signInAgain}</a>
        <a class="button quiet" href="${other.url.href}">${filled(words.openOther, { other: other.name[language] })}</a>
      </div>`,
  ])
}

function frame({ party, language }: Surroundings, title: string, sections: Html[]): Html {
  const name = party.name[language]
  return html`<!doctype html>
<html lang="${language}" class="${party.clientId}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title === name ? name : `${title} · ${name}`}</title>
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <a class="brand" href="/"><span class="mark" aria-hidden="true"></span>${name}</a>
    <span class="badge">${wordsIn(language).demo}</span>
  </header>
  <main>
    <section class="card">
      <h1>${title}</h1>
      ${sections}
    </section>
  </main>
</body>
</html>
`
}

function thingsToTry({ other, language }: Surroundings, words: Words): Html {
  const otherLink = filled(words.tryOther, { other: other.name[language] })
  const steps = [words.trySignIn, words.tryClaims, otherLink, words.trySignOut]
  return html`<section class="steps" aria-labelledby="steps">
      <h2 id="steps">${words.tryTitle}</h2>
      <ol>${steps.map((step) => html`<li>${step}</li>`)}</ol>
      <p><a href="${other.url.href}">${filled(words.openOther, { other: other.name[language] })}</a></p>
    </section>`
}

function postButton(action: string, label: string): Html {
  return html`<form method="post" action="${action}"><button class="button quiet">${label}</button></form>`
}

/** About the person first, then about the sign-in, then what only machines look at. */
const CLAIM_ORDER = ['name', 'campus_id', 'preferred_username', 'campus_type', 'campus_status', 'campus_org_name']
  .concat(['auth_time', 'acr', 'amr', 'sid', 'sub'])
  .reverse()

const TIME_CLAIMS = ['auth_time', 'iat', 'exp', 'updated_at']

function claimsTable(claims: Record<string, unknown>, language: Language, words: Words): Html {
  const names = Object.keys(claims).sort((one, other) => CLAIM_ORDER.indexOf(other) - CLAIM_ORDER.indexOf(one))
  const rows = names.map((name) => {
    const meaning = words.claims[name]
    return html`<tr>
        <th scope="row">${meaning === undefined ? null : html`<span>${meaning}</span>`}<code>${name}</code></th>
        <td>${readable(name, claims[name], language)}</td>
      </tr>`
  })
  return html`<section aria-labelledby="claims">
      <h2 id="claims">${words.claimsTitle}</h2>
      <table aria-labelledby="claims">
        <thead><tr><th scope="col">${words.claim}</th><th scope="col">${words.value}</th></tr></thead>
        <tbody>${rows}</tbody>
      </table>
    </section>`
}

function readable(name: string, value: unknown, language: Language): Html {
  if (TIME_CLAIMS.includes(name) && typeof value === 'number') {
    const time = new Date(value * 1000)
    return html`<time datetime="${time.toISOString()}">${readableTime(time, language)}</time>`
  }
  if (Array.isArray(value)) return html`${value.join(', ')}`
  return html`${typeof value === 'object' ? JSON.stringify(value) : String(value)}`
}

function readableTime(time: Date, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(time)
}
