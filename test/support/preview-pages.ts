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

const SIZES = { phone: [390, 844], small: [320, 640], desk: [1280, 860] } as const

async function takePictures(issuer: string, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const chromium = await launchChromium()
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const locale of ['zh-CN', 'en']) {
        const { page, context } = await chromium.newPerson({ viewport: { width, height }, colorScheme, locale })
        for (const state of pageStates) {
          await show(page, issuer, state)
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

const port = await freePort()
const issuer = `http://localhost:${port}`
const house = await openSamplePages({ issuer, port })
const [folder] = process.argv.slice(2)
if (folder) {
  await takePictures(issuer, folder)
  await house.close()
} else {
  process.stdout.write(`${pageStates.map(({ name, path }) => `${name.padEnd(20)} ${issuer}${path}`).join('\n')}\n`)
}
