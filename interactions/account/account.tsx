/** Where a person who is signed in says whether they go on, or somebody else does; and the page between the two. */
import type { Context } from 'koa'
import type { Campus } from '../../src/campus.ts'
import { refusals } from '../../src/errors.ts'
import { readForm } from '../../src/http/form.ts'
import type { Room } from '../../src/http/room.ts'
import type { ProviderPages } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName } from '../../src/pages/client-name.ts'
import { Button } from '../../src/pages/controls.tsx'
import { showPage } from '../../src/pages/show-page.tsx'
import { stepAddress } from '../../src/pages/visit-address.ts'

type Needs = Pick<Campus, 'oidc'>

export function createAccount({ oidc }: Needs): Room {
  async function ask(ctx: Context): Promise<void> {
    const visit = await oidc.visit(ctx)
    if (visit.prompt.name !== 'account') return ctx.redirect(stepAddress(visit))
    const { person, identities } = await oidc.chooser(ctx)
    const t = translatorFor(ctx, visit.params['ui_locales'])
    const body = (
      <>
        <h1>{t('account.title')}</h1>
        <p class="lead">
          {t('sign-in.to')} <strong class="client">{clientName(visit.client, t)}</strong>
        </p>
        <form class="choices" method="post" action={stepAddress(visit, 'account')}>
          <Button look="equal" class="choice" name="account" value="same">
            <strong>{person.name}</strong>
            <span class="hint">{identities[0]?.number}</span>
          </Button>
          <Button look="equal" class="choice" name="account" value="other">
            <strong>{t('account.other')}</strong>
            <span class="hint">{t('account.other-hint')}</span>
          </Button>
        </form>
      </>
    )
    showPage(ctx, { t, title: t('account.title'), status: 200, body })
  }

  async function answer(ctx: Context): Promise<void> {
    const account = (await readForm(ctx)).get('account')
    if (account !== 'same' && account !== 'other') throw refusals.malformedBody()
    await oidc.completeAccount(ctx, account)
  }

  return {
    mount(router) {
      router.get('/interaction/:uid/account', ask)
      router.post('/interaction/:uid/account', answer)
    },
  }
}

export const showSwitch: ProviderPages['switchAccount'] = (ctx, { action, xsrf }) => {
  const t = translatorFor(ctx)
  const body = (
    <>
      <h1>{t('switch.title')}</h1>
      <p class="lead">{t('switch.explain')}</p>
      <form class="form" method="post" action={action} data-send-at-once>
        <input type="hidden" name="xsrf" value={xsrf} />
        <Button look="main" name="logout" value="yes" focused>
          {t('switch.go')}
        </Button>
      </form>
    </>
  )
  showPage(ctx, { t, title: t('switch.title'), status: 200, body })
}
