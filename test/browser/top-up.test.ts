// The dapp's own account: topped up once, it pays for pictures without a prompt, says how many it saved, and gives back.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import { type ServedDapp, serveDapp } from './support/dapp.ts'
import { describePicture, openDapp, pictureSize } from './support/page.ts'

let browser: Browser
let dapp: ServedDapp | undefined

beforeAll(async () => {
  browser = await launchChromium()
})
afterEach(() => dapp?.close())
afterAll(() => browser?.close())

describe('topping up once', () => {
  it('on a phone: two pictures, a reload in between, no dialog, and the rest comes back', async () => {
    dapp = await serveDapp()
    const { page, complaints } = await openDapp(browser, dapp, undefined, {
      viewport: { width: 375, height: 812 },
    })
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.getByRole('button', { name: 'Top up $2' }).click()
    await page.getByText('$2.00 was added.').waitFor({ timeout: 30_000 })
    expect(await page.getByLabel('Pay from it').isChecked()).toBe(true)
    for (const prompt of ['A lighthouse', 'A paper boat']) {
      await describePicture(page, prompt, 'grok/generate')
      await page.getByRole('button', { name: /^Make it for \$/ }).click()
      await pictureSize(page)
      await page.reload()
      await page.locator('.account').waitFor()
    }
    await page.getByText('$1.86 to spend · 4 prompts saved').waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375)
    const payers = dapp.sandbox.settlements().filter(({ operation }) => operation === 'grok/generate')
    expect(new Set(payers.map(({ from }) => from)).size).toBe(1)
    await page.getByRole('button', { name: 'Take it back' }).click()
    await page.getByText('$1.86 went back to your wallet.').waitFor({ timeout: 30_000 })
    expect(dapp.sandbox.balance(payers[0]?.from ?? '0x')).toBe('0.00')
    expect(await page.getByLabel('Pay from it').isChecked()).toBe(false)
    expect(complaints).toEqual([])
  })
})
