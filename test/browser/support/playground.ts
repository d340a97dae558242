// The playground in a browser profile of its own, and what a visitor does there.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openProfile } from './page.ts'
import type { ServedSite } from './site.ts'

export type Fault = 'Lost answer' | '$900 offer' | 'Slow job' | 'Crash'
/** How a program can have ended. */
export type Ended = 'done' | 'failed' | 'stopped' | 'crashed'

export type Playground = {
  page: Page
  /** Every address that the page, its workers included, has asked for. */
  asked: string[]
  complaints: string[]
  press(name: string): Promise<void>
  write(program: string): Promise<void>
  choose(preset: string): Promise<void>
  /** Resolves once the program has ended this way. */
  ended(how: Ended): Promise<void>
  /** How many payments have settled, and how many were signed. */
  paid(): Promise<{ settled: number; signed: number; text: string }>
  /** The lines of a list. */
  lines(list: 'Requests' | 'Events' | 'Ledger'): Promise<string[]>
  /** Widths of the pictures, as the browser decoded them. */
  widths(): Promise<number[]>
  error(): Promise<string>
  close(): Promise<void>
}

export async function openPlayground(
  browser: Browser,
  site: ServedSite,
  options: BrowserContextOptions = {},
): Promise<Playground> {
  const { context, complaints } = await openProfile(browser, undefined, options)
  const asked: string[] = []
  context.on('request', (request) => asked.push(request.url()))
  const page = await context.newPage()
  await page.goto(`${site.url}/playground`)
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  await button('Run').waitFor()
  const money = page.getByRole('region', { name: 'Paid' })
  return {
    page,
    asked,
    complaints,
    press: (name) => button(name).click(),
    write: (program) => page.getByRole('textbox', { name: 'The program' }).fill(program),
    choose: async (label) => void (await page.getByLabel('Program', { exact: true }).selectOption({ label })),
    ended: (how) => page.locator(`.playground[data-phase="${how}"]`).waitFor({ timeout: 40_000 }),
    async paid() {
      const settled = Number(await money.getAttribute('data-paid'))
      const signed = Number(await money.getAttribute('data-signed'))
      return { settled, signed, text: (await money.locator('strong').textContent()) ?? '' }
    },
    lines: (name) => page.getByRole('region', { name }).getByRole('listitem').allTextContents(),
    widths: () =>
      page
        .locator('.playground figure img')
        .evaluateAll((images: HTMLImageElement[]) =>
          Promise.all(images.map((image) => image.decode().then(() => image.naturalWidth))),
        ),
    error: async () => (await page.getByRole('alert').textContent()) ?? '',
    close: () => context.close(),
  }
}

/** A PNG of one pixel, as a visitor chooses it. */
export const dot = {
  name: 'dot.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
}
