/** A sentence that must not be missed. */
import type { ComponentChildren } from 'preact'

/** `problem` interrupts a screen reader, `news` waits its turn. */
export function Notice({ kind, children }: { kind: 'problem' | 'news'; children: ComponentChildren }) {
  return (
    <div class={`notice notice-${kind}`} role={kind === 'problem' ? 'alert' : 'status'}>
      {children}
    </div>
  )
}
