/** HTML by tagged template: whatever is filled in is escaped, unless it is HTML that was made the same way. */
export interface Html {
  readonly html: string
}

type Filling = string | number | Html | null | readonly Html[]

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function html(parts: TemplateStringsArray, ...fillings: Filling[]): Html {
  const text = parts.map((part, index) => part + fill(fillings[index] ?? null)).join('')
  return { html: text }
}

function fill(filling: Filling): string {
  if (filling === null) return ''
  if (typeof filling === 'string' || typeof filling === 'number') return escaped(String(filling))
  return 'html' in filling ? filling.html : filling.map((piece) => piece.html).join('')
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character)
}
