/** The house: what every request passes from top to bottom, then the rooms, then the provider. */
import Router from '@koa/router'
import Koa from 'koa'
import type { Campus } from './campus.ts'
import { serveAssets } from './http/asset-answer.ts'
import { cookiesFor } from './http/cookies.ts'
import { errorAnswer, lastResort } from './http/error-answer.ts'
import { closeOnLeaving, health } from './http/health.ts'
import { languageMenu } from './http/language.ts'
import { fixPublicAddress, knownHostOnly } from './http/public-address.ts'
import type { Readiness } from './http/readiness.ts'
import { requestId } from './http/request-id.ts'
import { requestLog } from './http/request-log.ts'
import { requestMetrics } from './http/request-metrics.ts'
import { requestTrace } from './http/request-trace.ts'
import type { Room } from './http/room.ts'
import { sameOrigin, sameOriginProviderForms } from './http/same-origin.ts'
import { secureAnswers } from './http/security-headers.ts'
import { nothingHere, otherMethods } from './http/unanswered.ts'
import { cookieKeygrip, type OpenOidc } from './oidc/oidc.ts'
import type { Assets } from './pages/assets.ts'

type Needs = Pick<Campus, 'config' | 'clock' | 'random' | 'log' | 'keyrings' | 'metrics' | 'tracing'>

interface Inside {
  oidc: Pick<OpenOidc, 'middleware' | 'directAnswers' | 'startAgain'>
  rooms: readonly Room[]
  readiness: Readiness
  assets: Assets
}

export function createApp(needs: Needs, { oidc, rooms, readiness, assets }: Inside): Koa {
  const { config } = needs
  const { issuer } = config
  const app = new Koa({ env: 'production' })
  // The provider writes through this app's cookies and reads through its own: the keys must be the same.
  app.keys = cookieKeygrip(needs.keyrings)
  fixPublicAddress(app, config)
  lastResort(app, needs)

  app.use(requestId(needs))
  app.use((ctx, next) => {
    ctx.state.assets = assets
    ctx.state.chosenLanguage = null
    return next()
  })
  app.use(requestTrace(needs))
  app.use(requestLog(needs))
  app.use(requestMetrics(needs))
  app.use(closeOnLeaving(readiness))
  app.use(secureAnswers(issuer))
  app.use(errorAnswer(needs))
  app.use(health(readiness))
  // In front of the next, whose error page is to be styled and readable too.
  app.use(serveAssets(assets))
  app.use(languageMenu(cookiesFor(issuer)))
  app.use(knownHostOnly(issuer))
  app.use(oidc.directAnswers)

  app.use(oidc.startAgain)
  app.use(createRouter(issuer, rooms).routes())
  app.use(otherMethods)
  app.use(sameOriginProviderForms(issuer))
  app.use(oidc.middleware)
  app.use(nothingHere)
  return app
}

/** Exact addresses only: one page, one address. The check stands first, so no room can be mounted in front of it. */
export function createRouter(issuer: string, rooms: readonly Room[]): Router {
  const router = new Router({ sensitive: true, strict: true })
  router.use(sameOrigin(issuer))
  for (const room of rooms) room.mount(router)
  return router
}
