// Draws the pages' part of docs/images: what runs, in a real Chromium, on a light and on a dark ground, as WebP. Run after
// a build; `test/browser` has the browser.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { launchChromium } from '../test/browser/support/chromium.ts'
import { buildDapp, serveDapp } from '../test/browser/support/dapp.ts'
import { connect, describePicture, openDapp, pay, pictureSize } from '../test/browser/support/page.ts'
import { createTestWallet } from '../test/browser/support/wallet.ts'

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Page = Awaited<ReturnType<typeof openDapp>>['page']
type Shot = {
  /** The picture is docs/images/{name}-{ground}.webp. */
  name: string
  width: number
  height: number
  /** Pixels of the picture for each of the page. */
  scale: number
  play(page: Page): Promise<void>
}

const folder = join(import.meta.dirname, '../docs/images')

/** To add one, add a line here and name the picture in a document. */
const shots: readonly Shot[] = [
  { name: 'dapp', width: 900, height: 800, scale: 1.25, play: makePicture },
  { name: 'dapp-phone', width: 390, height: 720, scale: 1.5, play: askToPay },
]

async function makePicture(page: Page): Promise<void> {
  await describe(page)
  await pay(page)
  await pictureSize(page)
  await page.locator('.payments li[data-state="settled"]').waitFor()
  await page.evaluate(() => window.scrollTo(0, 0))
}

/** What the page asks before the wallet does. */
async function askToPay(page: Page): Promise<void> {
  await describe(page)
  await page.getByRole('button', { name: /^Make it for \$/ }).click()
  await page.getByRole('dialog').waitFor()
}

async function describe(page: Page): Promise<void> {
  await connect(page)
  await describePicture(page, 'A lighthouse at dusk')
}

async function shoot(browser: Browser, shot: Shot, colorScheme: 'light' | 'dark'): Promise<void> {
  const { name, width, height, scale } = shot
  const dapp = await serveDapp({ speed: 20 })
  const viewport = { width, height }
  const options = { viewport, colorScheme, deviceScaleFactor: scale, reducedMotion: 'reduce' } as const
  const { context, page } = await openDapp(browser, dapp, createTestWallet(), options)
  try {
    await shot.play(page)
    const png = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    await writeFile(join(folder, `${name}-${colorScheme}.webp`), await toWebp(browser, png))
  } finally {
    await context.close()
    await dapp.close()
  }
}

/** The browser itself writes WebP, a quarter of the PNG. */
async function toWebp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage()
  const base64 = await page.evaluate(async (data) => {
    const picture = new Image()
    picture.src = `data:image/png;base64,${data}`
    await picture.decode()
    const canvas = document.createElement('canvas')
    canvas.width = picture.naturalWidth
    canvas.height = picture.naturalHeight
    canvas.getContext('2d')?.drawImage(picture, 0, 0)
    return canvas.toDataURL('image/webp', 0.86).split(',')[1] ?? ''
  }, png.toString('base64'))
  await page.close()
  return Buffer.from(base64, 'base64')
}

await buildDapp()
const browser = await launchChromium()
try {
  for (const shot of shots) {
    await shoot(browser, shot, 'light')
    await shoot(browser, shot, 'dark')
  }
} finally {
  await browser.close()
}
