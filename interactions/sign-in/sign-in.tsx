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
import type { MessageKey, Translator } from '../../src/pages/messages.ts'
import { Notice } from '../../src/pages/notice.tsx'
import { showPage } from '../../src/pages/show-page.tsx'
import { beganAgain, stepAddress } from '../../src/pages/visit-address.ts'
import type { CreateSignInMethod, ShowAgain, SignInMethod } from '../sign-in-method.ts'

type Needs = Pick<Campus, 'oidc'>

/** The order of `methods` is their order on the page. */
export function createSignIn<MethodNeeds extends Needs>(
  needs: MethodNeeds,
  methods: readonly CreateSignInMethod<MethodNeeds>[],
): Room {
  const showAgain: ShowAgain = (ctx, visit, again) => {
    const t = translatorFor(ctx, visit.params['ui_locales'])
    const offers = helpful(visit, rooms).map(({ name, offer }) =>
      name === again.method ? again.offer : offer(visit, t),
    )
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
          offers: helpful(visit, rooms).map(({ offer }) => offer(visit, t)),
        })
      })
      for (const room of rooms) room.mount(router)
    },
  }
}

function show(ctx: Context, visit: Visit, t: Translator, page: { title: string; status: number; offers: VNode[] }) {
  const why = whyAgain(visit)
  const body = (
    <>
      <h1>{t('sign-in.title')}</h1>
      <p class="lead">
        {t('sign-in.to')} <strong class="client">{clientName(visit.client, t)}</strong>
      </p>
      {why !== null && <Notice kind="news">{t(why)}</Notice>}
      {visit.personId === null && beganAgain(visit) && page.status === 200 && (
        <Notice kind="news">{t('sign-in.began-again')}</Notice>
      )}
      {page.offers}
    </>
  )
  showPage(ctx, { t, title: page.title, status: page.status, body })
}

/** For a stronger sign-in, what leads to it and nothing else. */
function helpful<Method extends Pick<SignInMethod, 'name'>>({ prompt }: Visit, methods: readonly Method[]): Method[] {
  const only = prompt.name === 'login' ? prompt.only : undefined
  return methods.filter(({ name }) => only?.includes(name) ?? true)
}

/** What whoever is signed in already is told; nothing where they come to be somebody else. */
function whyAgain({ personId, prompt }: Visit): MessageKey | null {
  if (personId === null || prompt.name !== 'login' || prompt.reasons.includes('other_account')) return null
  return prompt.only === undefined ? 'sign-in.again' : 'sign-in.stronger'
}
