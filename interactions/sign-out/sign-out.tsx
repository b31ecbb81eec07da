/** The pages on the way out, drawn for the provider: whether to leave, and that one has left. */
import type { ProviderPages } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName, linkTo } from '../../src/pages/client-name.ts'
import { Button, ButtonLink } from '../../src/pages/controls.tsx'
import { showPage } from '../../src/pages/show-page.tsx'

export const showSignOut: ProviderPages['signOut'] = (ctx, { action, xsrf, client }) => {
  const t = translatorFor(ctx)
  const explain = client ? t('sign-out.explain-client', { client: clientName(client, t) }) : t('sign-out.explain')
  const body = (
    <>
      <h1>{t('sign-out.title')}</h1>
      <p class="lead">{explain}</p>
      <form class="form" method="post" action={action}>
        <input type="hidden" name="xsrf" value={xsrf} />
        <Button look="main" name="logout" value="yes" focused>
          {t('sign-out.leave')}
        </Button>
        <Button look="quiet">{t('sign-out.stay')}</Button>
      </form>
    </>
  )
  showPage(ctx, { t, title: t('sign-out.title'), status: 200, body })
}

export const showSignedOut: ProviderPages['signedOut'] = (ctx, { client }) => {
  const t = translatorFor(ctx)
  const href = linkTo(client?.uri ?? null)
  const body = (
    <>
      <h1>{t('signed-out.title')}</h1>
      <p class="lead">{t('signed-out.explain')}</p>
      {client !== null && href !== null && (
        <p class="way">
          <ButtonLink look="main" href={href}>
            {t('signed-out.back', { client: clientName(client, t) })}
          </ButtonLink>
        </p>
      )}
    </>
  )
  showPage(ctx, { t, title: t('signed-out.title'), status: 200, body })
}
