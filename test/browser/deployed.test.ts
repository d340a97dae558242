// The dapp as it is deployed, as it is developed, on a phone, and for those who do not use a mouse.
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import { type ServedDapp, serveDapp, serveDeployedDapp, serveSources } from './support/dapp.ts'
import { connect, describePicture, openDapp, pay, pictureSize } from './support/page.ts'
import { createTestWallet } from './support/wallet.ts'

let browser: Browser
let dapp: ServedDapp | undefined

beforeAll(async () => {
  browser = await launchChromium()
})
afterEach(() => dapp?.close())
afterAll(() => browser?.close())

/** Where the service's pictures lie; nothing else outside of this machine may be asked for. */
const pictureHost = 'https://wgunica1uhl5nijm.public.blob.vercel-storage.com'

describe('the dapp', () => {
  it('works as it is deployed: real origin, real network, pictures on the host of the service', async () => {
    const served = await serveDeployedDapp()
    dapp = served
    const wallet = createTestWallet({ chainId: 8453 })
    served.sandbox.fund(wallet.account.address, '5')
    const { context, page, complaints } = await openDapp(browser, served, wallet)
    const elsewhere: string[] = []
    await context.route(
      (url) => url.origin !== served.url && url.protocol.startsWith('http'),
      async (route) => {
        const url = route.request().url()
        if (!url.startsWith(`${pictureHost}/generated/`)) elsewhere.push(url)
        const answer = await served.sandbox.fetch(url)
        const body = Buffer.from(await answer.arrayBuffer())
        await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body })
      },
    )
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.locator('.account').waitFor()
    expect(await page.locator('#badge').isVisible()).toBe(false)
    await describePicture(page, 'A lighthouse')
    await pay(page)
    expect((await pictureSize(page)).width).toBe(1024)
    const [settlement] = served.sandbox.settlements()
    expect(settlement).toMatchObject({ network: 'eip155:8453', from: wallet.account.address })
    expect(await page.locator('.receipt a').getAttribute('href')).toBe(
      `https://basescan.org/tx/${settlement?.transaction}`,
    )
    expect(wallet.prompts).toEqual({ connect: 1, chain: 0, pay: 1, signIn: 1 })
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  })

  it('works from its sources under the same policy', async () => {
    dapp = await serveSources()
    const wallet = createTestWallet()
    const { page, complaints } = await openDapp(browser, dapp, wallet)
    await connect(page)
    await describePicture(page, 'A lighthouse')
    await pay(page)
    expect((await pictureSize(page)).width).toBe(1024)
    expect(complaints).toEqual([])
  })

  it('fits a phone', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet, { viewport: { width: 390, height: 844 } })
    const overflow = () =>
      page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    expect(await overflow()).toBe(0)
    await connect(page)
    await describePicture(
      page,
      `A${' very'.repeat(20)} longwordwithoutanyspacesthatnobodywouldeverwrite${'x'.repeat(60)}`,
    )
    await page.getByRole('button', { name: /^Make it for \$/ }).click()
    const box = await page.getByRole('dialog').boundingBox()
    expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true)
    expect(await overflow()).toBe(0)
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Pay \$/ })
      .click()
    await pictureSize(page)
    expect(await overflow()).toBe(0)
    const heights = await page
      .locator('button:visible, select:visible')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(40)
  })

  it('can be used by keyboard alone, and says aloud where it stands', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await page.locator('.empty').waitFor()
    const said = await listen(page)
    await tabTo(page, 'Connect')
    await page.keyboard.press('Enter')
    await tabTo(page, 'Test Wallet')
    await page.keyboard.press('Enter')
    await page.locator('.account').waitFor()
    await tabTo(page, 'prompt')
    await page.keyboard.type('A lighthouse')
    await page.getByRole('button', { name: /^Make it for \$/ }).waitFor()
    await tabTo(page, 'Make it for')
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    expect(await focused(page)).toBe('Do not pay')
    await tabTo(page, 'Pay $')
    await page.keyboard.press('Enter')
    await pictureSize(page)
    const texts = await said()
    for (const text of [
      /asks for the payment/,
      /Paid\. The picture is being made/,
      /sign-in.*moves no money/,
      /The picture is ready\. It cost \$0\.034/,
    ])
      expect(texts).toEqual(expect.arrayContaining([expect.stringMatching(text)]))
    // A counter that is read out each second would drown all else.
    expect(texts.filter((text) => /\d+ s of/.test(text))).toEqual([])
  })

  it.each(['light', 'dark'] as const)('has names and contrast in its %s colours', async (colorScheme) => {
    dapp = await serveDapp()
    const { page } = await openDapp(browser, dapp, createTestWallet(), { colorScheme })
    await connect(page)
    await describePicture(page, 'A lighthouse')
    expect(await page.locator('button:visible, select, textarea').evaluateAll(namesOf)).not.toContain('')
    const pairs = await page.evaluate(contrasts)
    expect(pairs.filter(({ ratio }) => ratio < 4.5)).toEqual([])
    expect(pairs.length).toBeGreaterThan(10)
  })
})

/** Collects what the live region says. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const place = document.getElementById('announce') as HTMLElement
    const texts: string[] = []
    new MutationObserver(() => texts.push(place.textContent ?? '')).observe(place, { childList: true })
    Object.assign(window, { spoken: texts })
  })
  return () => page.evaluate(() => (window as unknown as { spoken: string[] }).spoken)
}

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.textContent || document.activeElement?.id || '')

/** Presses Tab until the element with that text or id has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    if ((await focused(page)).startsWith(name)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never reaches ${name}.`)
}

function namesOf(elements: Element[]): string[] {
  return elements.map((element) => {
    const labels = [...((element as HTMLSelectElement).labels ?? [])].map((label) => label.textContent)
    return [element.getAttribute('aria-label'), ...labels, element.textContent]
      .filter(Boolean)
      .join(' ')
      .trim()
  })
}

/** Text against what is behind it, by WCAG 2.2's formula, for each element with text of its own. Runs in the page. */
function contrasts(): { text: string; ratio: number }[] {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const read = (colour: string) => {
    canvas?.clearRect(0, 0, 1, 1)
    if (canvas) canvas.fillStyle = colour
    canvas?.fillRect(0, 0, 1, 1)
    return [...(canvas?.getImageData(0, 0, 1, 1).data ?? [])]
  }
  const light = ([r = 0, g = 0, b = 0]: number[]) => {
    const part = (value: number) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
  }
  const behind = (element: Element | null): number[] => {
    if (!element) return [255, 255, 255, 255]
    const colour = read(getComputedStyle(element).backgroundColor)
    return colour[3] === 255 ? colour : behind(element.parentElement)
  }
  const own = (element: Element) =>
    [...element.childNodes]
      .filter(({ nodeType }) => nodeType === 3)
      .map((node) => node.textContent?.trim())
      .join('')
  return [...document.querySelectorAll('body *')]
    .filter(
      (element) =>
        own(element) && element.checkVisibility() && !element.closest('.hidden, noscript, :disabled'),
    )
    .map((element) => {
      const [a, b] = [light(read(getComputedStyle(element).color)), light(behind(element))]
      return { text: own(element), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) }
    })
}
