// The built dapp in a real browser, from prompt to picture.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import { type ServedDapp, serveDapp } from './support/dapp.ts'
import { connect, describePicture, openDapp, pay, pictureSize } from './support/page.ts'
import { createTestWallet } from './support/wallet.ts'

let browser: Browser
let dapp: ServedDapp | undefined

beforeAll(async () => {
  browser = await launchChromium()
})
afterEach(() => dapp?.close())
afterAll(() => browser?.close())

describe('the dapp', () => {
  it('goes from a prompt to a picture for one payment and one sign-in', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet({ chainId: 1 })
    const { page, complaints } = await openDapp(browser, dapp, wallet)
    await connect(page)
    const price = await describePicture(page, 'A lighthouse at dusk')
    await pay(page)
    expect(await pictureSize(page)).toEqual({ width: 1024, height: 1024 })
    const settlements = dapp.sandbox.settlements()
    expect(settlements).toHaveLength(1)
    expect(`$${settlements[0]?.usd}`).toBe(price)
    expect(wallet.prompts).toEqual({ connect: 1, chain: 1, pay: 1, signIn: 1 })
    await page.locator('.payments li[data-state="settled"]').waitFor()
    const link = page.locator('.receipt a')
    expect(await link.getAttribute('href')).toBe(
      `https://sepolia.basescan.org/tx/${settlements[0]?.transaction}`,
    )
    expect(complaints).toEqual([])
  })
})
