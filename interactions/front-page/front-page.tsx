/** The page at `/`, for people who typed the address: who is signed in on this browser, and the way in or out. */
import type { Campus } from '../../src/campus.ts'
import type { Room } from '../../src/http/room.ts'
import type { SignedIn } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { ButtonLink } from '../../src/pages/controls.tsx'
import type { Translator } from '../../src/pages/messages.ts'
import { showPage } from '../../src/pages/show-page.tsx'
import { primaryIdentity } from '../../src/people/people.ts'

type Needs = Pick<Campus, 'clock' | 'oidc'>

export function createFrontPage({ clock, oidc }: Needs): Room {
  return {
    mount(router) {
      router.get('/', async (ctx) => {
        const t = translatorFor(ctx)
        const signedIn = await oidc.signedInHere(ctx)
        const body = (
          <>
            <h1>{t('front.title')}</h1>
            <p class="lead">{t('front.explain')}</p>
            {signedIn === null ? <Stranger t={t} /> : <SignedInPerson t={t} signedIn={signedIn} now={clock()} />}
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

function SignedInPerson({ t, signedIn: { person }, now }: { t: Translator; signedIn: SignedIn; now: Date }) {
  const identity = primaryIdentity(person, now)
  return (
    <>
      <p>
        {t('front.signed-in-as')} <strong class="client">{person.name}</strong>
        {identity !== null && <span class="hint">{identity.number}</span>}
      </p>
      <p>{t('front.open-any')}</p>
      <p class="way">
        <ButtonLink look="main" href="/session/end">
          {t('front.sign-out')}
        </ButtonLink>
      </p>
      <p class="hint">{t('front.sign-out-hint')}</p>
    </>
  )
}
