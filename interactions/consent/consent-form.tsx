/** What is asked for and why, and two answers that look the same. */
import type { VisitClient } from '../../src/oidc/oidc.ts'
import { linkTo } from '../../src/pages/client-name.ts'
import { Button } from '../../src/pages/controls.tsx'
import type { MessageKey, Translator } from '../../src/pages/messages.ts'

interface Item {
  what: MessageKey
  why: MessageKey
  /** Scopes and single claims that come to the same thing for the person. */
  covers: readonly string[]
}

const ITEMS: readonly Item[] = [
  { what: 'consent.openid', why: 'consent.openid-why', covers: ['openid', 'sub', 'acr', 'amr', 'auth_time'] },
  { what: 'consent.profile', why: 'consent.profile-why', covers: ['profile', 'name', 'preferred_username'] },
  {
    what: 'consent.campus-basic',
    why: 'consent.campus-basic-why',
    covers: ['campus_basic', 'campus_id', 'campus_type', 'campus_status'],
  },
  { what: 'consent.campus-org', why: 'consent.campus-org-why', covers: ['campus_org', 'campus_org_name'] },
  { what: 'consent.offline-access', why: 'consent.offline-access-why', covers: ['offline_access'] },
]

interface Line {
  what: string
  why: string
}

/** What we have no words for stands under its own name: nothing is given away unseen. */
function linesFor(t: Translator, asked: readonly string[]): Line[] {
  const known = ITEMS.filter(({ covers }) => covers.some((name) => asked.includes(name)))
  const other = asked.filter((name) => !ITEMS.some(({ covers }) => covers.includes(name)))
  return [
    ...known.map(({ what, why }) => ({ what: t(what), why: t(why) })),
    ...other.map((name) => ({ what: name, why: t('consent.other-why') })),
  ]
}

interface ConsentFormProps {
  t: Translator
  action: string
  client: VisitClient
  name: string
  scopes: readonly string[]
  claims: readonly string[]
}

export function ConsentForm({ t, action, client, name, scopes, claims }: ConsentFormProps) {
  return (
    <>
      <h1>{t('consent.title')}</h1>
      <p class="lead">{t('consent.asks', { client: name })}</p>
      <ul class="asked">
        {linesFor(t, [...scopes, ...claims]).map(({ what, why }) => (
          <li key={what}>
            <strong>{what}</strong>
            <span class="hint">{why}</span>
          </li>
        ))}
      </ul>
      {!client.firstParty && <p class="hint">{t('consent.third-party')}</p>}
      <p class="hint">{t('consent.remembered')}</p>
      <ClientLinks t={t} client={client} />
      <form class="answers" method="post" action={action}>
        <Button look="equal" name="answer" value="deny">
          {t('consent.deny')}
        </Button>
        <Button look="equal" name="answer" value="allow">
          {t('consent.allow')}
        </Button>
      </form>
    </>
  )
}

function ClientLinks({ t, client }: { t: Translator; client: VisitClient }) {
  const links = [
    { href: linkTo(client.policyUri) ?? '', text: t('consent.policy') },
    { href: linkTo(client.tosUri) ?? '', text: t('consent.terms') },
  ].filter(({ href }) => href !== '')
  if (links.length === 0) return null
  return (
    <p class="links">
      {links.map(({ href, text }) => (
        <a key={text} href={href} target="_blank" rel="noopener noreferrer">
          {text}
        </a>
      ))}
    </p>
  )
}
