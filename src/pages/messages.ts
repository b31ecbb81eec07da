/** Every sentence that a person reads, by key, in each language; and which language that is. */
import { english } from './messages-en.ts'
import { chinese } from './messages-zh-cn.ts'

/** zh-CN comes first and is complete; another language that lacks a key does not compile. */
export type MessageKey = keyof typeof chinese
export type Messages = Readonly<Record<MessageKey, string>>

const CATALOGUES = { 'zh-CN': chinese, en: english } as const satisfies Record<string, Messages>

export type Language = keyof typeof CATALOGUES

/** Answers the sentence of a key in the language of this request, with `{name}` places filled in. */
export interface Translator {
  (key: MessageKey, values?: Record<string, string | number>): string
  language: Language
}

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(CATALOGUES, value)
}

export function translator(language: Language): Translator {
  const messages: Messages = CATALOGUES[language]
  const translate = (key: MessageKey, values: Record<string, string | number> = {}) =>
    messages[key].replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place))
  return Object.assign(translate, { language })
}
