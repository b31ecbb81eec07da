/** The page at `/`, for people who typed the address: who is signed in on this browser, and the way in or out. */
import type { Campus } from '../../src/campus.ts'
import { type Application, applicationsToOpen } from '../../src/clients/clients.ts'
import type { Room } from '../../src/http/room.ts'
import type { SignedIn } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName } from '../../src/pages/client-name.ts'
import { ButtonLink } from '../../src/pages/controls.tsx'
import type { Translator } from '../../src/pages/messages.ts'
import { showPage } from '../../src/pages/show-page.tsx'
import { primaryIdentity } from '../../src/people/people.ts'

type Needs = Pick<Campus, 'clients' | 'clock' | 'config' | 'oidc'>

export function createFrontPage({ clients, clock, config, oidc }: Needs): Room {
  return {
    mount(router) {
      router.get('/', async (ctx) => {
        const t = translatorFor(ctx)
        const signedIn = await oidc.signedInHere(ctx)
        // Which applications the school has is no secret, but a stranger has nothing to open.
        const applications = signedIn === null ? [] : await applicationsToOpen({ clients }, config.issuer)
        const body = (
          <>
            <h1>{t('front.title')}</h1>
            <p class="lead">{t('front.explain')}</p>
            {signedIn === null ? (
              <Stranger t={t} />
            ) : (
              <SignedInPerson {...{ t, signedIn, applications }} now={clock()} />
            )}
          </>
        )
        showPage(ctx, { t, title: t('front.title'), status: 200, body })
      })
    },
  }
}

function Stranger({ t }: { t: Translator }) {
  return (
    <>
      <p>{t('front.how')}</p>
      <p class="way">
        <ButtonLink look="main" href="/sign-in">
          {t('front.sign-in')}
        </ButtonLink>
      </p>
      <p class="hint">{t('front.sign-in-hint')}</p>
    </>
  )
}

interface SignedInPersonProps {
  t: Translator
  signedIn: SignedIn
  applications: readonly Application[]
  now: Date
}

function SignedInPerson({ t, signedIn: { person }, applications, now }: SignedInPersonProps) {
  const identity = primaryIdentity(person, now)
  return (
    <>
      <p>
        {t('front.signed-in-as')} <strong class="client">{person.name}</strong>{' '}
        {identity !== null && <span class="hint">{identity.number}</span>}
      </p>
      <p>{t('front.open-any')}</p>
      <Applications t={t} applications={applications} />
      <p class="way">
        <ButtonLink look="main" href="/session/end">
          {t('front.sign-out')}
        </ButtonLink>
      </p>
      <p class="hint">{t('front.sign-out-hint')}</p>
    </>
  )
}

/** Each begins a sign-in at the application (third-party initiated login), which comes back here and finds it done. */
function Applications({ t, applications }: Pick<SignedInPersonProps, 't' | 'applications'>) {
  if (applications.length === 0) return null
  return (
    <nav aria-label={t('front.applications')}>
      <ul class="applications">
        {applications.map((application) => (
          <li key={application.id}>
            <a href={application.href}>{clientName(application, t)}</a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
