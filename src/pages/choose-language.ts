/** The language of a page: the person's own choice, then what the relying party asks for, then the browser's. */
import type { Context } from 'koa'
import { isLanguage, type Language, type Translator, translator } from './messages.ts'

/** `en-GB` is served by `en`; `zh-Hant` and `zh` by `zh-CN`, which serves a Chinese reader better than English. */
function served(tag: string): Language | null {
  if (isLanguage(tag)) return tag
  const [primary] = tag.toLowerCase().split('-')
  return primary === 'zh' ? 'zh-CN' : primary === 'en' ? 'en' : null
}

/** RFC 9110 §12.5.4: tags with weights from 0 to 1, where 0 means "not this one". */
export function acceptedLanguages(header: string): string[] {
  return header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().split(/\s*;\s*/)
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
      return { tag, weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ tag }) => tag)
}

interface Wishes {
  chosen: Language | null
  /** As sent (OpenID Connect Core §3.1.2.1): tags in order of preference, separated by spaces. */
  uiLocales: string
  acceptLanguage: string
}

export function chooseLanguage({ chosen, uiLocales, acceptLanguage }: Wishes): Language {
  if (chosen) return chosen
  const wishes = [...uiLocales.split(' '), ...acceptedLanguages(acceptLanguage)]
  return wishes.map(served).find((language) => language !== null) ?? 'zh-CN'
}

/** Inside a visit, `uiLocales` comes from the visit; on the provider's own pages it stands in the address. */
export function translatorFor(ctx: Context, uiLocales?: string): Translator {
  const inAddress = ctx.query['ui_locales']
  return translator(
    chooseLanguage({
      chosen: ctx.state.chosenLanguage,
      uiLocales: uiLocales ?? (typeof inAddress === 'string' ? inAddress : ''),
      acceptLanguage: ctx.get('accept-language'),
    }),
  )
}
