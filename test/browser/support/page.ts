// A page of the dapp in its own browser profile, and what a person does in it.
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { ServedDapp } from './dapp.ts'
import type { TestWallet } from './wallet.ts'

export type OpenPage = {
  context: BrowserContext
  page: Page
  /** What the browser objected to: policy violations, errors of the page, and its console. */
  complaints: string[]
}

/** A fresh profile with the wallet in it. */
export async function openProfile(
  browser: Browser,
  wallet: TestWallet | undefined,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; complaints: string[] }> {
  const context = await browser.newContext(options)
  const complaints: string[] = []
  if (wallet) await wallet.install(context)
  await context.exposeFunction('complain', (text: string) => void complaints.push(text))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
      const { complain } = window as unknown as { complain(text: string): void }
      complain(`policy: ${violatedDirective} ${blockedURI} ${sample}`)
    })
  })
  context.on('weberror', (error) => void complaints.push(`error: ${String(error.error())}`))
  context.on('console', (message) => {
    // The price comes with a 402, which the browser notes as an error of its own.
    if (/status of 402/.test(message.text())) return
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`)
  })
  return { context, complaints }
}

export async function openDapp(
  browser: Browser,
  dapp: ServedDapp,
  wallet?: TestWallet,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const { context, complaints } = await openProfile(browser, wallet, options)
  const page = await context.newPage()
  await page.goto(dapp.url)
  return { context, page, complaints }
}

export async function connect(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Connect', exact: true }).click()
  const chooser = page.getByRole('dialog')
  await chooser.getByRole('button', { name: 'Test Wallet' }).click()
  await page.locator('.account').waitFor()
}

/** Types a prompt and waits for its price. */
export async function describePicture(page: Page, prompt: string, operation?: string): Promise<string> {
  if (operation) await page.getByLabel('Model').selectOption(operation)
  await page.getByRole('textbox', { name: 'What should it show?' }).fill(prompt)
  await page.getByRole('button', { name: /^Make it for \$/ }).waitFor()
  return (await page.locator('#price').textContent()) ?? ''
}

/** Presses the button and answers the page's own question. */
export async function pay(page: Page, answer: 'Pay' | 'Do not pay' = 'Pay'): Promise<void> {
  await page.getByRole('button', { name: /^Make it for \$/ }).click()
  const dialog = page.getByRole('dialog')
  const name = answer === 'Pay' ? /^Pay \$/ : 'Do not pay'
  await dialog.getByRole('button', { name }).click()
}

/** Whether the picture on the stage is really one: its width and height in pixels. */
export async function pictureSize(page: Page): Promise<{ width: number; height: number }> {
  const picture = page.locator('#stage img.picture')
  await picture.waitFor({ timeout: 90_000 })
  return picture.evaluate(async (image: HTMLImageElement) => {
    await image.decode()
    return { width: image.naturalWidth, height: image.naturalHeight }
  })
}

/** What the page says after something went wrong. */
export async function trouble(page: Page) {
  const place = page.locator('.trouble')
  await place.waitFor({ timeout: 90_000 })
  const text = async (selector: string) => (await place.locator(selector).textContent()) ?? ''
  return {
    code: await place.getAttribute('data-code'),
    moved: await place.locator('.money').getAttribute('data-moved'),
    title: await text('h2'),
    money: await text('.money-text'),
    all: (await place.textContent()) ?? '',
  }
}
