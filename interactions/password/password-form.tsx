/** The form of account and password, with what was wrong about the last one. */
import { Button, Checkbox } from '../../src/pages/controls.tsx'
import { Field, PasswordField } from '../../src/pages/field.tsx'
import type { Translator } from '../../src/pages/messages.ts'
import { Notice } from '../../src/pages/notice.tsx'

interface PasswordFormProps {
  t: Translator
  action: string
  /** Kept after a failed attempt; the password never is. */
  login: string
  remember: boolean
  notice: string | null
  problems: { login?: string; password?: string }
  focus: 'login' | 'password' | null
}

const LOGIN_CHARACTERS_MAX = 100
/** Twice 256: a character outside the basic plane counts as two here. Longer ones are refused by src/passwords. */
const PASSWORD_UNITS_MAX = 512

export function PasswordForm({ t, action, login, remember, notice, problems, focus }: PasswordFormProps) {
  return (
    <form class="form" method="post" action={action}>
      {notice !== null && <Notice kind="problem">{notice}</Notice>}
      <Field
        name="login"
        label={t('password.login')}
        problem={problems.login ?? null}
        focused={focus === 'login'}
        attributes={{
          value: login,
          required: true,
          maxLength: LOGIN_CHARACTERS_MAX,
          placeholder: t('password.login-example'),
          autocomplete: 'username',
          autocapitalize: 'none',
          spellcheck: false,
        }}
      />
      <PasswordField
        t={t}
        name="password"
        label={t('password.password')}
        problem={problems.password ?? null}
        focused={focus === 'password'}
        attributes={{ required: true, maxLength: PASSWORD_UNITS_MAX, autocomplete: 'current-password' }}
      />
      <Checkbox name="remember" checked={remember} label={t('password.remember')} hint={t('password.remember-hint')} />
      <Button look="main" class="login-submit">
        {t('password.submit')}
      </Button>
    </form>
  )
}
