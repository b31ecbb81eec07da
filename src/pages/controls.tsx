/** What a person presses. */
import type { ComponentChildren } from 'preact'

interface ButtonProps {
  /** `equal` stands beside another one that must not look less right. */
  look: 'main' | 'equal' | 'quiet'
  name?: string
  value?: string
  class?: string
  focused?: boolean
  children: ComponentChildren
}

/** Submits the form that it stands in. */
export function Button({ look, focused = false, class: more = '', children, ...attributes }: ButtonProps) {
  return (
    <button type="submit" class={`button button-${look} ${more}`.trim()} {...attributes} {...autofocus(focused)}>
      {children}
    </button>
  )
}

export function ButtonLink({ href, look, children }: { href: string; look: 'main' | 'quiet'; children: string }) {
  return (
    <a class={`button button-${look}`} href={href}>
      {children}
    </a>
  )
}

/** The attribute is written where a page has one obvious next thing; never on a page that must be read first. */
export function autofocus(focused: boolean): { autofocus?: true } {
  return focused ? { autofocus: true } : {}
}

interface CheckboxProps {
  name: string
  checked: boolean
  label: string
  hint: string
}

export function Checkbox({ name, checked, label, hint }: CheckboxProps) {
  return (
    <div class="checkbox">
      <input type="checkbox" id={name} name={name} value="yes" checked={checked} aria-describedby={`${name}-hint`} />
      <label for={name}>{label}</label>
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    </div>
  )
}
