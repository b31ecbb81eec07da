/**
 * The hosted pages with sample data, to look at while working on them:
 * `node --import ./test/support/run-tsx.ts test/support/preview-pages.ts [folder]`.
 * With a folder it makes pictures there and ends; without, it serves until it is interrupted.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { launchChromium } from './chromium.ts'
import { freePort } from './free-port.ts'
import { openSamplePages, pageStates, show } from './page-states.ts'
import type { SignInHouse } from './sign-in-house.ts'

const SIZES = { phone: [390, 844], small: [320, 640], desk: [1280, 860] } as const

async function takePictures(house: SignInHouse, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const chromium = await launchChromium()
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const locale of ['zh-CN', 'en']) {
        // Each person comes an hour later, when the tries of the last one are forgotten.
        now += 3_600_000
        const { page, context } = await chromium.newPerson({ viewport: { width, height }, colorScheme, locale })
        for (const state of pageStates) {
          await show(page, house, state)
          await page.screenshot({
            path: join(folder, `${state.name}-${size}-${colorScheme}-${locale}.png`),
            fullPage: true,
          })
        }
        await context.close()
      }
    }
  }
  await chromium.close()
}

let now = Date.parse('2026-09-01T00:00:00Z')
const port = await freePort()
const issuer = `http://localhost:${port}`
const house = await openSamplePages({ issuer, port, clock: () => new Date(now) })
const [folder] = process.argv.slice(2)
if (folder) {
  await takePictures(house, folder)
  await house.close()
} else {
  process.stdout.write(`${pageStates.map(({ name, path }) => `${name.padEnd(20)} ${issuer}${path}`).join('\n')}\n`)
}
