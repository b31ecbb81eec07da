/** Where a person allows a third-party application to have what it asks for, or does not. */
import type { Context } from 'koa'
import type { Campus } from '../../src/campus.ts'
import { refusals } from '../../src/errors.ts'
import { readForm } from '../../src/http/form.ts'
import type { Room } from '../../src/http/room.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName } from '../../src/pages/client-name.ts'
import { showPage } from '../../src/pages/show-page.tsx'
import { stepAddress } from '../../src/pages/visit-address.ts'
import { ConsentForm } from './consent-form.tsx'

type Needs = Pick<Campus, 'oidc'>

export function createConsent({ oidc }: Needs): Room {
  async function ask(ctx: Context): Promise<void> {
    const visit = await oidc.visit(ctx)
    // Someone went back to a page that this sign-in has passed, or has not reached: the hall knows where it stands.
    if (visit.prompt.name !== 'consent') return ctx.redirect(stepAddress(visit))
    const t = translatorFor(ctx, visit.params['ui_locales'])
    const { client, prompt } = visit
    const action = stepAddress(visit, 'consent')
    const body = (
      <ConsentForm
        {...{ t, action, client }}
        name={clientName(client, t)}
        scopes={prompt.scopes}
        fields={prompt.fields}
      />
    )
    showPage(ctx, { t, title: t('consent.title'), status: 200, body })
  }

  async function answer(ctx: Context): Promise<void> {
    const visit = await oidc.visit(ctx)
    if (visit.prompt.name !== 'consent') throw refusals.wrongStep()
    const form = await readForm(ctx)
    switch (form.get('answer')) {
      case 'allow':
        return oidc.completeConsent(ctx)
      case 'deny':
        return oidc.abandonVisit(ctx)
      default:
        throw refusals.malformedBody()
    }
  }

  return {
    mount(router) {
      router.get('/interaction/:uid/consent', ask)
      router.post('/interaction/:uid/consent', answer)
    },
  }
}
