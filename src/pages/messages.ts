/** Every sentence that a person reads, by key, in each language. */

export type Language = 'zh-CN' | 'en'

/** Answers the sentence of a key in the language of this request, with `{name}` places filled in. */
export interface Translator {
  (key: MessageKey, values?: Record<string, string | number>): string
  language: Language
}

export type MessageKey = string
