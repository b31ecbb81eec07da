/** One page for everything that goes wrong: what happened, what to do, one way on, and the number to quote. */
import type { Context } from 'koa'
import { translatorFor } from './choose-language.ts'
import { ButtonLink } from './controls.tsx'
import type { MessageKey, Translator } from './messages.ts'
import { showPage } from './show-page.tsx'
import { visitAddress } from './visit-address.ts'
import { waitingTime } from './waiting-time.ts'

export interface Problem {
  status: number
  /** Stable, as in src/errors.ts or RFC 6749 §4.1.2.1. */
  code: string
  /** For developers, in English; never what a person typed. */
  description: string | null
  retryAfterSeconds: number | null
}

interface Sentences {
  title: MessageKey
  advice: MessageKey
  way: 'sign-in' | 'again' | 'front' | 'right-address' | 'none'
}

const EXPIRED: Sentences = { title: 'error.expired-title', advice: 'error.expired-advice', way: 'front' }
const MALFORMED: Sentences = { title: 'error.malformed-title', advice: 'error.malformed-advice', way: 'sign-in' }
const CLIENT: Sentences = { title: 'error.client-title', advice: 'error.client-advice', way: 'none' }
const UNAVAILABLE: Sentences = { title: 'error.unavailable-title', advice: 'error.unavailable-advice', way: 'again' }
const INTERNAL: Sentences = { title: 'error.internal-title', advice: 'error.internal-advice', way: 'again' }
const MANY: Sentences = { title: 'error.too-many-title', advice: 'error.too-many-advice', way: 'again' }

const SENTENCES = new Map<string, Sentences>([
  ['visit_expired', EXPIRED],
  ['wrong_step', { title: 'error.step-title', advice: 'error.step-advice', way: 'sign-in' }],
  ['foreign_form', { title: 'error.foreign-title', advice: 'error.foreign-advice', way: 'sign-in' }],
  ['unknown_host', { title: 'error.host-title', advice: 'error.host-advice', way: 'right-address' }],
  ['not_found', { title: 'error.not-found-title', advice: 'error.not-found-advice', way: 'front' }],
  ['method_not_allowed', { title: 'error.method-title', advice: 'error.method-advice', way: 'front' }],
  ['body_too_large', { title: 'error.too-large-title', advice: 'error.too-large-advice', way: 'sign-in' }],
  ['malformed_body', MALFORMED],
  ['malformed_request', MALFORMED],
  ['malformed_password', MALFORMED],
  ['parameter_too_long', { title: 'error.too-large-title', advice: 'error.too-large-advice', way: 'sign-in' }],
  ['too_many_requests', MANY],
  ['account_not_active', { title: 'error.not-active-title', advice: 'error.not-active-advice', way: 'sign-in' }],
  ['access_denied', { title: 'error.denied-title', advice: 'error.denied-advice', way: 'front' }],
  ['temporarily_unavailable', UNAVAILABLE],
  ['unavailable', UNAVAILABLE],
  ['server_error', INTERNAL],
  ['internal_error', INTERNAL],
])

/** A code that we do not know comes from the provider: below 500 the relying party has sent something wrong. */
function sentencesFor({ code, status }: Problem): Sentences {
  return SENTENCES.get(code) ?? (status >= 500 ? INTERNAL : CLIENT)
}

const WAIT_SECONDS = 60
const DESCRIPTION_CHARACTERS_MAX = 300

export function showErrorPage(ctx: Context, problem: Problem): void {
  const t = translatorFor(ctx)
  const { title, advice, way } = sentencesFor(problem)
  const wait = waitingTime(t, problem.retryAfterSeconds ?? WAIT_SECONDS)
  const body = (
    <>
      <h1 class="error-title">{t(title)}</h1>
      <p class="lead">{t(advice, { wait })}</p>
      <WayOn t={t} ctx={ctx} way={way} />
      <p class="reference">
        {t('error.request')} <code>{ctx.state.requestId}</code>
        <span class="hint">{t('error.request-hint')}</span>
      </p>
      {problem.description !== null && (
        <details class="detail">
          <summary>{t('error.detail')}</summary>
          <code>{`${problem.code}: ${problem.description}`.slice(0, DESCRIPTION_CHARACTERS_MAX)}</code>
        </details>
      )}
    </>
  )
  showPage(ctx, { t, title: t(title), status: problem.status, body })
}

interface WayOnProps {
  t: Translator
  ctx: Context
  way: Sentences['way']
}

function WayOn({ t, ctx, way }: WayOnProps) {
  const visit = visitAddress(ctx)
  if (way === 'none') return null
  if (way === 'right-address') return <Way href={`${ctx.protocol}://${ctx.host}/`} text={t('error.right-address')} />
  if (way === 'front') return <Way href="/" text={t('error.front-page')} />
  if (visit !== null) return <Way href={visit} text={t('error.back-to-sign-in')} />
  // Only what was asked for by GET can be asked for again by a link; an empty address means this one.
  if (way === 'again' && ctx.method !== 'POST') return <Way href="" text={t('error.try-again')} />
  return <Way href="/" text={t('error.front-page')} />
}

function Way({ href, text }: { href: string; text: string }) {
  return (
    <p class="way">
      <ButtonLink look="main" href={href}>
        {text}
      </ButtonLink>
    </p>
  )
}
