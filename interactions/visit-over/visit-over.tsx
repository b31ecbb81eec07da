/** Shown for a visit that is over and cannot begin again by itself: one button leads on, to where it was going. */
import type { ProviderPages } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName, linkTo } from '../../src/pages/client-name.ts'
import { ButtonLink } from '../../src/pages/controls.tsx'
import { showPage } from '../../src/pages/show-page.tsx'

export const showVisitOver: ProviderPages['visitOver'] = (ctx, { client, href }) => {
  const t = translatorFor(ctx)
  const name = clientName(client, t)
  // An address of ours has no origin of its own.
  const isOurs = href?.startsWith('/auth?') ?? false
  const way = isOurs ? href : linkTo(href)
  const body = (
    <>
      <h1 class="error-title">{t('visit-over.title')}</h1>
      <p class="lead">{t(way === null ? 'visit-over.return' : 'visit-over.explain', { client: name })}</p>
      <p class="way">
        <ButtonLink look="main" href={way ?? '/'}>
          {way === null ? t('error.front-page') : t('visit-over.go-on', { client: name })}
        </ButtonLink>
      </p>
      {isOurs && <p class="hint">{t('visit-over.cookies')}</p>}
    </>
  )
  showPage(ctx, { t, title: t('visit-over.title'), status: 400, body })
}
