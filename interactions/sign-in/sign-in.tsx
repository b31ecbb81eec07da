/**
 * The hall: the first page of every visit. It asks each sign-in method for its offer and shows them in order; it
 * decides nothing about who a person is.
 */
import type { Context } from 'koa'
import type { VNode } from 'preact'
import type { Campus } from '../../src/campus.ts'
import type { Room } from '../../src/http/room.ts'
import type { Visit } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName } from '../../src/pages/client-name.ts'
import type { Translator } from '../../src/pages/messages.ts'
import { Notice } from '../../src/pages/notice.tsx'
import { showPage } from '../../src/pages/show-page.tsx'
import { beganAgain, stepAddress } from '../../src/pages/visit-address.ts'
import type { CreateSignInMethod, ShowAgain } from '../sign-in-method.ts'

type Needs = Pick<Campus, 'oidc'>

/** The order of `methods` is their order on the page. */
export function createSignIn<MethodNeeds extends Needs>(
  needs: MethodNeeds,
  methods: readonly CreateSignInMethod<MethodNeeds>[],
): Room {
  const showAgain: ShowAgain = (ctx, visit, again) => {
    const t = translatorFor(ctx, visit.params['ui_locales'])
    const offers = rooms.map(({ name, offer }) => (name === again.method ? again.offer : offer(visit, t)))
    show(ctx, visit, t, { title: again.title, status: again.status, offers })
  }
  const rooms = methods.map((create) => create(needs, showAgain))

  return {
    mount(router) {
      router.get('/interaction/:uid', async (ctx) => {
        const visit = await needs.oidc.visit(ctx)
        if (visit.prompt.name !== 'login') return ctx.redirect(stepAddress(visit, visit.prompt.name))
        const t = translatorFor(ctx, visit.params['ui_locales'])
        show(ctx, visit, t, {
          title: t('sign-in.title'),
          status: 200,
          offers: rooms.map(({ offer }) => offer(visit, t)),
        })
      })
      for (const room of rooms) room.mount(router)
    },
  }
}

function show(ctx: Context, visit: Visit, t: Translator, page: { title: string; status: number; offers: VNode[] }) {
  const body = (
    <>
      <h1>{t('sign-in.title')}</h1>
      <p class="lead">
        {t('sign-in.to')} <strong class="client">{clientName(visit.client, t)}</strong>
      </p>
      {visit.personId !== null && !isAnother(visit) && <Notice kind="news">{t('sign-in.again')}</Notice>}
      {visit.personId === null && beganAgain(visit) && page.status === 200 && (
        <Notice kind="news">{t('sign-in.began-again')}</Notice>
      )}
      {page.offers}
    </>
  )
  showPage(ctx, { t, title: page.title, status: page.status, body })
}

/** Whoever comes here to be somebody else is not asked to prove who they are once more. */
function isAnother({ prompt }: Visit): boolean {
  return prompt.name === 'login' && prompt.reasons.includes('other_account')
}
