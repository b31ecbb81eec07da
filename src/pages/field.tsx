/** A labelled field whose problem stands beside it and is read out with it. */
import type { InputHTMLAttributes } from 'preact'
import { autofocus } from './controls.tsx'
import type { Translator } from './messages.ts'

type Attributes = Pick<
  InputHTMLAttributes,
  'value' | 'required' | 'maxLength' | 'placeholder' | 'autocomplete' | 'autocapitalize' | 'spellcheck'
>

interface FieldProps {
  name: string
  label: string
  /** null while nothing is wrong. */
  problem: string | null
  focused: boolean
  attributes: Attributes
}

/** `aria-describedby` is left away where there is nothing to describe: some screen readers announce an empty one. */
function describe(name: string, problem: string | null) {
  return problem === null ? {} : { 'aria-invalid': true as const, 'aria-describedby': `${name}-problem` }
}

function Problem({ name, problem }: { name: string; problem: string | null }) {
  if (problem === null) return null
  return (
    <p class="problem" id={`${name}-problem`}>
      {problem}
    </p>
  )
}

export function Field({ name, label, problem, focused, attributes }: FieldProps) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input id={name} name={name} {...attributes} {...describe(name, problem)} {...autofocus(focused)} />
      <Problem name={name} problem={problem} />
    </div>
  )
}

/** page.js brings the show button and the Caps Lock line to life; without it both stay hidden. */
export function PasswordField({ t, name, label, problem, focused, attributes }: FieldProps & { t: Translator }) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <div class="field-box">
        <input
          id={name}
          name={name}
          type="password"
          {...attributes}
          {...describe(name, problem)}
          {...autofocus(focused)}
        />
        <button
          type="button"
          class="reveal"
          hidden
          aria-controls={name}
          aria-pressed="false"
          aria-label={t('password.show-label')}
          data-show={t('password.show')}
          data-hide={t('password.hide')}
        >
          {t('password.show')}
        </button>
      </div>
      <p class="hint caps-lock" role="status" data-text={t('password.caps-lock')} data-field={name} />
      <Problem name={name} problem={problem} />
    </div>
  )
}
