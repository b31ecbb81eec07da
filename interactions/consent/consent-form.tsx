/** What is asked for and why, and two answers that look the same. */
import type { VisitClient } from '../../src/oidc/oidc.ts'
import { linkTo } from '../../src/pages/client-name.ts'
import { Button } from '../../src/pages/controls.tsx'
import type { Translator } from '../../src/pages/messages.ts'
import { Notice } from '../../src/pages/notice.tsx'
import { linesFor } from './asked.ts'

interface ConsentFormProps {
  t: Translator
  action: string
  client: VisitClient
  name: string
  scopes: readonly string[]
  fields: readonly string[]
}

export function ConsentForm({ t, action, client, name, scopes, fields }: ConsentFormProps) {
  return (
    <>
      <h1>{t('consent.title')}</h1>
      <p class="lead">{t('consent.asks', { client: name })}</p>
      {client.unvettedHosts && <Unvetted t={t} hosts={client.unvettedHosts} />}
      <ul class="asked">
        {linesFor(t, scopes, fields).map(({ what, why, details }) => (
          <li key={what}>
            <strong>{what}</strong>
            {details.length > 0 && <span class="details">{details.join(t('list.comma'))}</span>}
            <span class="hint">{why}</span>
          </li>
        ))}
      </ul>
      {!client.firstParty && !client.unvettedHosts && <p class="hint">{t('consent.third-party')}</p>}
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

/** Its name says nothing of whose it is; where it leads does. */
function Unvetted({ t, hosts }: { t: Translator; hosts: readonly string[] }) {
  return (
    <Notice kind="news">
      <p>
        {t('consent.leads-to')} <strong class="address">{hosts.join(t('list.comma'))}</strong>
      </p>
      <p>{t('consent.unvetted')}</p>
    </Notice>
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
