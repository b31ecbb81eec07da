/** Signing in with an account and a password. It reads the form and words the answer; src/passwords decides. */
import type { Context } from 'koa'
import type { Campus } from '../../src/campus.ts'
import { readKnownDevice } from '../../src/devices/devices.ts'
import { isUnavailable, refusals } from '../../src/errors.ts'
import { readForm } from '../../src/http/form.ts'
import { addressOf, requestIdOf } from '../../src/http/request-state.ts'
import type { LabelsOf } from '../../src/metrics/metrics.ts'
import type { Visit } from '../../src/oidc/oidc.ts'
import { translatorFor } from '../../src/pages/choose-language.ts'
import type { Translator } from '../../src/pages/messages.ts'
import { stepAddress } from '../../src/pages/visit-address.ts'
import { waitingTime } from '../../src/pages/waiting-time.ts'
import { checkPassword, type PasswordOutcome } from '../../src/passwords/passwords.ts'
import type { CreateSignInMethod, ShowAgain } from '../sign-in-method.ts'
import { PasswordForm } from './password-form.tsx'

type Needs = Pick<
  Campus,
  'audit' | 'clock' | 'config' | 'credentials' | 'expiring' | 'hasher' | 'keyrings' | 'metrics' | 'oidc'
>

interface Typed {
  login: string
  password: string
  remember: boolean
}

/** Why the page is shown again. */
type Problem = { kind: 'incomplete' } | { kind: 'wrong' } | { kind: 'throttled'; retryAfterSeconds: number }

/**
 * 422 rather than 200: password managers then do not offer to keep a password that was not right. Nothing in the answer
 * tells an unknown account from a wrong password.
 */
const STATUS = { incomplete: 422, wrong: 422, throttled: 429 } as const

/** What it proves where it succeeds. */
export const passwordProof = { method: 'password', amr: ['pwd'] }

export const createPassword: CreateSignInMethod<Needs> = (needs, showAgain) => ({
  name: passwordProof.method,

  offer(visit, t) {
    const login = visit.params['login_hint'] ?? ''
    const focus = login === '' ? 'login' : 'password'
    return (
      <PasswordForm {...{ t, login, focus }} action={actionOf(visit)} remember={false} notice={null} problems={{}} />
    )
  },

  mount(router) {
    router.post('/interaction/:uid/password', (ctx) => attempt(needs, showAgain, ctx))
  },
})

const actionOf = (visit: Visit) => stepAddress(visit, 'password')

async function attempt(needs: Needs, showAgain: ShowAgain, ctx: Context): Promise<void> {
  const visit = await needs.oidc.visit(ctx)
  if (visit.prompt.name !== 'login') throw refusals.wrongStep()
  const form = await readForm(ctx)
  const typed = {
    login: form.get('login') ?? '',
    password: form.get('password') ?? '',
    remember: form.get('remember') === 'yes',
  }
  if (typed.login.trim() === '' || typed.password === '') {
    return sayAgain(showAgain, ctx, visit, typed, { kind: 'incomplete' })
  }

  const count = (result: LabelsOf<'campus_sign_ins_total'>['result']) =>
    needs.metrics.count('campus_sign_ins_total', { method: 'password', client: visit.client.id, result })
  try {
    const outcome = await tryPassword(needs, ctx, visit, typed)
    if (outcome.kind === 'right') return
    count(outcome.kind)
    sayAgain(showAgain, ctx, visit, typed, outcome)
  } catch (error) {
    if (isUnavailable(error)) count('unavailable')
    throw error
  }
}

/** Whoever is right is signed in when this resolves, and `completeSignIn` has counted them. */
async function tryPassword(needs: Needs, ctx: Context, visit: Visit, typed: Typed): Promise<PasswordOutcome> {
  const provenAt = needs.clock()
  const outcome = await checkPassword(needs, {
    login: typed.login,
    password: typed.password,
    address: addressOf(ctx),
    device: readKnownDevice(needs, ctx),
    clientId: visit.client.id,
    request: requestIdOf(ctx),
  })
  if (outcome.kind === 'right') {
    const { personId } = outcome
    const { remember } = typed
    await needs.oidc.completeSignIn(ctx, { personId, ...passwordProof, remember, provenAt })
  }
  return outcome
}

function sayAgain(showAgain: ShowAgain, ctx: Context, visit: Visit, typed: Typed, problem: Problem): void {
  const t = translatorFor(ctx, visit.params['ui_locales'])
  if (problem.kind === 'throttled') ctx.set('Retry-After', String(problem.retryAfterSeconds))
  showAgain(ctx, visit, {
    method: 'password',
    status: STATUS[problem.kind],
    title: t('password.problem-title'),
    offer: (
      <PasswordForm
        t={t}
        action={actionOf(visit)}
        login={typed.login}
        remember={typed.remember}
        {...words(t, typed, problem)}
      />
    ),
  })
}

/** What is said, beside which field, and where the person goes on. */
function words(t: Translator, typed: Typed, problem: Problem) {
  if (problem.kind === 'throttled') {
    const notice = t('password.throttled', { wait: waitingTime(t, problem.retryAfterSeconds) })
    return { notice, problems: {}, focus: null }
  }
  if (problem.kind === 'wrong') {
    return { notice: null, problems: { password: t('password.wrong') }, focus: 'password' as const }
  }
  const login = typed.login.trim() === '' ? { login: t('password.login-missing') } : {}
  const password = typed.password === '' ? { password: t('password.password-missing') } : {}
  const focus = 'login' in login ? ('login' as const) : ('password' as const)
  return { notice: null, problems: { ...login, ...password }, focus }
}
