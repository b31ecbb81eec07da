/** The pages of the device flow (RFC 8628 §3.3), drawn by ours: the library says at which step a person is. */
import type { Context, Middleware } from 'koa'
import type { Client, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Campus } from '../campus.ts'
import { addressOf } from '../http/request-state.ts'
import { originOf } from '../throttle/throttle.ts'
import { visitClientOf } from './client-records.ts'
import { DeviceAnswered } from './device-answers.ts'
import { TooManyGuesses } from './device-guesses.ts'
import type { DevicePage } from './device-page.ts'
import { epochSeconds } from './lifetimes.ts'
import type { ProviderPages } from './oidc.ts'
import { asContext, type LibraryPages } from './provider-pages.ts'

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>

/** Where a code is entered, as the library's router takes it: in any case, with or without a slash at its end. */
const ENTRANCE = /^\/device\/?$/i

/**
 * The library would send such a code on at once, by a script. A person is to compare it with what the device shows
 * (RFC 8628 §3.3.1), and needs no script for that.
 */
export const showCodeOfAddress: Middleware = (ctx, next) => {
  const { user_code: code, ...others } = ctx.query
  if (ctx.method === 'GET' && typeof code === 'string' && ENTRANCE.test(ctx.path)) {
    ctx.query = others
  }
  return next()
}

export function deviceFlow(
  { config, clock }: Pick<Campus, 'config' | 'clock'>,
  { pages, renderError }: { pages: Pick<ProviderPages, 'device'>; renderError: LibraryPages['renderError'] },
): DeviceFlow {
  function formOf({ oidc }: KoaContextWithOIDC): { action: string; xsrf: string } {
    return { action: oidc.urlFor('code_verification'), xsrf: String(oidc.session?.state?.['secret']) }
  }

  return {
    enabled: true,
    charset: 'base-20',
    mask: '****-****',
    // Whom the device asks from: what it says about itself could be any text.
    deviceInfo: (ctx) => ({ address: addressOf(asContext(ctx)), at: epochSeconds(clock()) }),

    userCodeInputSource(ctx, _form, out, err) {
      const problem = problemOf(err)
      if (problem === null) {
        leaveUnsaved(ctx)
        return renderError(ctx, out ?? { error: 'server_error' }, err ?? new Error('no error'))
      }
      if (problem === 'refused') return pages.device(asContext(ctx), { step: 'refused' })
      const code = codeIn(err) ?? codeOfAddress(asContext(ctx)) ?? ''
      pages.device(asContext(ctx), { step: 'enter', ...formOf(ctx), code, problem })
    },

    userCodeConfirmSource(ctx, _form, client: Client, deviceInfo, code) {
      const address = textOf(deviceInfo['address'])
      const seconds = Math.max(epochSeconds(clock()) - Number(deviceInfo['at']), 1)
      const isOnCampus = originOf(address, config.campusNetworks).kind === 'campus'
      const asked = { address, secondsAgo: seconds, isOnCampus, isHere: address === addressOf(asContext(ctx)) }
      pages.device(asContext(ctx), { step: 'confirm', ...formOf(ctx), code, client: visitClientOf(client), asked })
    },

    successSource(ctx) {
      const { client } = ctx.oidc
      if (client) pages.device(asContext(ctx), { step: 'allowed', client: visitClientOf(client) })
    },
  }
}

/**
 * Before it asks for this page the library gives each session a secret for the form, also a new one of which the
 * browser will not learn, and then fails to save that. On an error page there is no form.
 */
function leaveUnsaved({ oidc: { session } }: KoaContextWithOIDC): void {
  if (session !== undefined && session.exp === undefined) Object.assign(session, { touched: false })
}

type Problem = Extract<DevicePage, { step: 'enter' }>['problem']

/** The library's own errors have a name and are not exported. null: nothing of the page, but of the request. */
const NAMES: Readonly<Record<string, 'missing' | 'wrong' | 'expired' | 'used' | 'refused'>> = {
  NoCodeError: 'missing',
  NotFoundError: 'wrong',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
  AbortedError: 'refused',
}

function problemOf(err: Error | undefined): Problem | 'refused' | null {
  if (err === undefined) return { kind: 'none' }
  if (err instanceof TooManyGuesses) return { kind: 'throttled', retryAfterSeconds: err.retryAfterSeconds }
  if (err instanceof DeviceAnswered) return { kind: 'used' }
  const kind = NAMES[err.name]
  if (kind === undefined || kind === 'refused') return kind ?? null
  return { kind }
}

function codeIn(err: Error | undefined): string | null {
  return err !== undefined && 'userCode' in err ? textOf(err.userCode) : null
}

/** As it was before `showCodeOfAddress`. */
function codeOfAddress({ originalUrl }: Context): string | null {
  return new URLSearchParams(originalUrl.split('?')[1]).get('user_code')
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
