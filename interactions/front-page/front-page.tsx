/** The page at `/`, for people who typed the address: signing in starts at an application. */
import type { Room } from '../../src/http/room.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { showPage } from '../../src/pages/show-page.tsx'

export function createFrontPage(): Room {
  return {
    mount(router) {
      router.get('/', (ctx) => {
        const t = translatorFor(ctx)
        const body = (
          <>
            <h1>{t('front.title')}</h1>
            <p class="lead">{t('front.explain')}</p>
            <p>{t('front.how')}</p>
          </>
        )
        showPage(ctx, { t, title: t('front.title'), status: 200, body })
      })
    },
  }
}
