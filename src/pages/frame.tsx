/** The frame around every hosted page: head, masthead, one card, language menu. */
import type { ComponentChildren } from 'preact'
import type { Assets } from './assets.ts'
import type { Language, Translator } from './messages.ts'

/** Each language under its own name, so that whoever needs it can read it. */
const LANGUAGES = [
  ['zh-CN', '简体中文'],
  ['en', 'English'],
] as const satisfies [Language, string][]

interface FrameProps {
  t: Translator
  assets: Assets
  title: string
  /** The same page in another language. */
  hrefIn: (language: Language) => string
  children: ComponentChildren
}

export function Frame({ t, assets, title, hrefIn, children }: FrameProps) {
  const name = t('house.name')
  return (
    <html lang={t.language}>
      <head>
        <meta charSet="utf-8" />
        <title>{title === name ? name : `${title} · ${name}`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <meta name="format-detection" content="telephone=no" />
        <link rel="icon" type="image/svg+xml" href={assets.path('mark.svg')} />
        <link rel="stylesheet" href={assets.path('style.css')} />
        <script type="module" src={assets.path('page.js')} />
      </head>
      <body>
        <header class="masthead">
          <img class="masthead-mark" src={assets.path('mark.svg')} width="36" height="36" alt="" />
          <p class="masthead-name">
            {name} <span lang={t.language === 'en' ? 'zh-CN' : 'en'}>{t('house.other-name')}</span>
          </p>
        </header>
        <main class="card">{children}</main>
        <footer class="foot">
          <nav class="languages" aria-label={t('house.languages')}>
            {LANGUAGES.map(([language, label]) => (
              <a
                key={language}
                href={hrefIn(language)}
                lang={language}
                hreflang={language}
                aria-current={language === t.language ? 'true' : undefined}
              >
                {label}
              </a>
            ))}
          </nav>
          <p>{t('house.copyright')}</p>
        </footer>
      </body>
    </html>
  )
}
