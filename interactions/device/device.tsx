/** The pages on which a person lets in a device that shows a code, drawn for the provider. */
import type { Context } from 'koa'
import type { DeviceAsked, DevicePage, ProviderPages } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import { clientName } from '../../src/pages/client-name.ts'
import { Button } from '../../src/pages/controls.tsx'
import { Field } from '../../src/pages/field.tsx'
import type { Translator } from '../../src/pages/messages.ts'
import { Notice } from '../../src/pages/notice.tsx'
import { showPage } from '../../src/pages/show-page.tsx'
import { waitingTime } from '../../src/pages/waiting-time.ts'

type Step<Name extends DevicePage['step']> = Extract<DevicePage, { step: Name }>

export const showDevice: ProviderPages['device'] = (ctx, page) => {
  const t = translatorFor(ctx)
  switch (page.step) {
    case 'enter':
      return enter(ctx, t, page)
    case 'confirm':
      return showPage(ctx, { t, title: t('device.confirm-title'), status: 200, body: <Confirm t={t} page={page} /> })
    case 'allowed':
      return showPage(ctx, {
        t,
        title: t('device.allowed-title'),
        status: 200,
        body: (
          <>
            <h1>{t('device.allowed-title')}</h1>
            <p class="lead">{t('device.allowed-explain', { client: clientName(page.client, t) })}</p>
            <p class="hint">{t('device.allowed-later')}</p>
          </>
        ),
      })
    case 'refused':
      return showPage(ctx, {
        t,
        title: t('device.refused-title'),
        status: 200,
        body: (
          <>
            <h1>{t('device.refused-title')}</h1>
            <p class="lead">{t('device.refused-explain')}</p>
          </>
        ),
      })
  }
}

/** 422 rather than 200, as for any form that was not right. */
const STATUS = { none: 200, missing: 422, wrong: 422, expired: 422, used: 422, throttled: 429 } as const

function enter(ctx: Context, t: Translator, page: Step<'enter'>): void {
  const { problem } = page
  if (problem.kind === 'throttled') ctx.set('Retry-After', String(problem.retryAfterSeconds))
  const title = problem.kind === 'none' ? t('device.title') : t('device.problem-title')
  showPage(ctx, { t, title, status: STATUS[problem.kind], body: <Enter t={t} page={page} /> })
}

/** A dash, and what people type around letters that they copy. */
const CODE_LENGTH_MAX = 16

/** What is said beside the field. */
const BESIDE = {
  missing: 'device.missing',
  wrong: 'device.wrong',
  expired: 'device.expired',
  used: 'device.used',
} as const

function Enter({ t, page: { action, xsrf, code, problem } }: { t: Translator; page: Step<'enter'> }) {
  const key = problem.kind === 'none' || problem.kind === 'throttled' ? null : BESIDE[problem.kind]
  return (
    <>
      <h1>{t('device.title')}</h1>
      <p class="lead">{t('device.explain')}</p>
      {problem.kind === 'throttled' && (
        <Notice kind="problem">{t('device.throttled', { wait: waitingTime(t, problem.retryAfterSeconds) })}</Notice>
      )}
      <form class="form" method="post" action={action}>
        <input type="hidden" name="xsrf" value={xsrf} />
        <Field
          name="user_code"
          label={t('device.code')}
          problem={key && t(key)}
          focused={problem.kind !== 'throttled'}
          attributes={{
            value: code.slice(0, CODE_LENGTH_MAX),
            required: true,
            maxLength: CODE_LENGTH_MAX,
            autocomplete: 'off',
            autocapitalize: 'characters',
            spellcheck: false,
          }}
        />
        <Button look="main">{t('device.next')}</Button>
      </form>
      <p class="hint">{t('device.caution')}</p>
    </>
  )
}

/** Two answers that look the same: whoever was sent here by somebody else must find the way out as easily. */
function Confirm({ t, page: { action, xsrf, code, client, asked } }: { t: Translator; page: Step<'confirm'> }) {
  const name = clientName(client, t)
  return (
    <>
      <h1>{t('device.confirm-title')}</h1>
      <p class="lead">{t('device.confirm-asks', { client: name })}</p>
      <ul class="asked">
        <li>
          <strong>{t('device.confirm-code')}</strong>
          <span class="device-code">{code}</span>
        </li>
        <li>
          <strong>{t('device.confirm-from')}</strong>
          <span class="hint">{placeOf(t, asked)}</span>
        </li>
        <li>
          <strong>{t('device.confirm-at')}</strong>
          <span class="hint">{t('device.confirm-ago', { time: waitingTime(t, asked.secondsAgo) })}</span>
        </li>
      </ul>
      {!client.firstParty && <p class="hint">{t('consent.third-party')}</p>}
      <Notice kind="news">{t('device.confirm-caution')}</Notice>
      <form class="answers" method="post" action={action}>
        <input type="hidden" name="xsrf" value={xsrf} />
        <input type="hidden" name="user_code" value={code} />
        <Button look="equal" name="abort" value="yes">
          {t('device.refuse')}
        </Button>
        <Button look="equal" name="confirm" value="yes">
          {t('device.allow')}
        </Button>
      </form>
    </>
  )
}

function placeOf(t: Translator, { address, isOnCampus, isHere }: DeviceAsked): string {
  if (isHere) return t('device.from-here', { address })
  return t(isOnCampus ? 'device.from-campus' : 'device.from-elsewhere', { address })
}
