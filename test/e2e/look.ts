/** What must be so on every page that a person sees, whatever it is about. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Throws with what is wrong: a barrier that axe-core knows of, or something wider than the window. */
export async function look(page: Page): Promise<void> {
  const title = await page.title()
  await page.evaluate(AXE)
  const barriers = await page.evaluate<string[]>(`axe.run().then(({ violations }) => violations.flatMap(
    ({ id, help, nodes }) => nodes.map(({ target }) => id + ' (' + help + '): ' + target)))`)
  if (barriers.length > 0) throw new Error(`barriers on “${title}”:\n${barriers.join('\n')}`)
  const [content = 0, window = 0] = await page.evaluate<number[]>(
    '[document.documentElement.scrollWidth, window.innerWidth]',
  )
  if (content > window) throw new Error(`“${title}” is ${content} px wide in a window of ${window} px`)
}
