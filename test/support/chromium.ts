/** A real browser: the Chromium that the machine has, with an empty profile, and silent towards the outside. */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { findChromium } from './installed.ts'

/** No sandbox: tests run as root, where Chromium refuses to make one. It sees our own pages alone. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const STEP_MILLISECONDS_MAX = 15_000

export interface Chromium {
  /** A person of their own: no cookie is shared with another. */
  newPerson(options?: BrowserContextOptions): Promise<{ page: Page; context: BrowserContext }>
  close(): Promise<void>
}

/** Never downloads one: the first step of `npm test` has seen to it that a browser is installed. */
export async function launchChromium(): Promise<Chromium> {
  const executablePath = findChromium()
  if (!executablePath) throw new Error('Chromium is not installed: run `node test/machine/prepare.ts`')
  const browser: Browser = await chromium.launch({ executablePath, headless: true, args: FLAGS })
  return {
    async newPerson(options = {}) {
      const context = await browser.newContext({ locale: 'zh-CN', ...options })
      context.setDefaultTimeout(STEP_MILLISECONDS_MAX)
      return { page: await context.newPage(), context }
    },
    close: () => browser.close(),
  }
}
