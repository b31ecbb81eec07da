/** Where a person with several identities chooses the one under which an application is to know them. */
import type { Context } from 'koa'
import type { Campus } from '../../src/campus.ts'
import { readForm } from '../../src/http/form.ts'
import type { Room } from '../../src/http/room.ts'
import type { Chooser } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName } from '../../src/pages/client-name.ts'
import { Button } from '../../src/pages/controls.tsx'
import type { Translator } from '../../src/pages/messages.ts'
import { Notice } from '../../src/pages/notice.tsx'
import { showPage } from '../../src/pages/show-page.tsx'
import { stepAddress } from '../../src/pages/visit-address.ts'

type Needs = Pick<Campus, 'oidc'>

export function createIdentity({ oidc }: Needs): Room {
  async function show(ctx: Context, page: { status: number; isGone: boolean }): Promise<void> {
    const visit = await oidc.visit(ctx)
    if (visit.prompt.name !== 'identity') return ctx.redirect(stepAddress(visit))
    const chooser = await oidc.chooser(ctx)
    const t = translatorFor(ctx, visit.params['ui_locales'])
    const body = (
      <>
        <h1>{t('identity.title')}</h1>
        <p class="lead">{t('identity.asks', { client: clientName(visit.client, t) })}</p>
        {page.isGone && <Notice kind="problem">{t('identity.gone')}</Notice>}
        <form class="choices" method="post" action={stepAddress(visit, 'identity')}>
          {chooser.identities.map(({ id, number }) => (
            <Button key={id} look="equal" class="choice" name="identity" value={id}>
              <strong>{describe(t, chooser, id)}</strong>
              <span class="hint">{number}</span>
            </Button>
          ))}
        </form>
        <p class="hint">{t('identity.remembered')}</p>
      </>
    )
    showPage(ctx, { t, title: t('identity.title'), status: page.status, body })
  }

  return {
    mount(router) {
      router.get('/interaction/:uid/identity', (ctx) => show(ctx, { status: 200, isGone: false }))
      router.post('/interaction/:uid/identity', async (ctx) => {
        const chosen = (await readForm(ctx)).get('identity') ?? ''
        const outcome = await oidc.completeIdentity(ctx, chosen)
        if (outcome === 'not_offered') await show(ctx, { status: 422, isGone: true })
      })
    },
  }
}

/** What somebody is, and where: 职工 · 图书馆. */
function describe(t: Translator, { identities, profile }: Chooser, id: string): string {
  const identity = identities.find((one) => one.id === id)
  const placement = profile.placements.get(id)
  const inThisLanguage = ({ name, nameInEnglish }: { name: string; nameInEnglish: string | null }) =>
    t.language === 'en' ? (nameInEnglish ?? name) : name
  const what = placement ? inThisLanguage(placement.type) : identity?.type
  const where = placement?.organisation ? inThisLanguage(placement.organisation) : identity?.organisation
  return [what, where].filter((word) => word !== null && word !== undefined).join(' · ')
}
