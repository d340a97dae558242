// The built dapp in a real browser, from prompt to picture, and every way in which a person can say no.
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import { type ServedDapp, serveDapp } from './support/dapp.ts'
import { connect, describePicture, openDapp, pay, pictureSize, trouble } from './support/page.ts'
import { createTestWallet } from './support/wallet.ts'

let browser: Browser
let dapp: ServedDapp | undefined

beforeAll(async () => {
  browser = await launchChromium()
})
afterEach(() => dapp?.close())
afterAll(() => browser?.close())

const limits = { perCall: '0.50', perDay: '2.00', total: '20.00' }

describe('the dapp', () => {
  it('goes from a prompt to a picture for one payment and one sign-in', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet({ chainId: 1 })
    const { page, complaints } = await openDapp(browser, dapp, wallet)
    await connect(page)
    const price = await describePicture(page, 'A lighthouse at dusk')
    expect(await page.locator('#left').textContent()).toContain('$2.00 of $2.00 left today')
    await pay(page)
    expect(await pictureSize(page)).toEqual({ width: 1024, height: 1024 })
    const settlements = dapp.sandbox.settlements()
    expect(settlements).toHaveLength(1)
    expect(`$${settlements[0]?.usd}`).toBe(price)
    expect(wallet.prompts).toEqual({ connect: 1, chain: 1, pay: 1, signIn: 1 })
    await page.locator('.payments li[data-state="settled"]').waitFor()
    expect(await page.locator('.receipt a').getAttribute('href')).toBe(
      `https://sepolia.basescan.org/tx/${settlements[0]?.transaction}`,
    )
    expect(await page.locator('#left').textContent()).toContain('$1.966 of $2.00 left today')
    expect(complaints).toEqual([])
  })

  it('shows amount, payee and network before the wallet is asked, and takes no for an answer', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await connect(page)
    const price = await describePicture(page, 'A lighthouse')
    await page.getByRole('button', { name: /^Make it for \$/ }).click()
    const dialog = page.getByRole('dialog')
    const said = await dialog.textContent()
    for (const fact of [price, '0x07F067959297767c887dbfA3C72379c66E82a045', 'Base Sepolia'])
      expect(said).toContain(fact)
    // Enter refuses: whoever pressed it twice has not paid.
    await page.keyboard.press('Enter')
    expect(await trouble(page)).toMatchObject({ code: 'approval_denied', moved: 'no' })
    expect(wallet.prompts).toEqual({ connect: 1, chain: 0, pay: 0, signIn: 0 })
    expect(dapp.sandbox.settlements()).toHaveLength(0)
  })

  it('says that nothing was paid when the wallet refuses to sign', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await connect(page)
    await describePicture(page, 'A lighthouse')
    wallet.refuse('pay')
    await pay(page)
    const said = await trouble(page)
    expect(said).toMatchObject({ code: 'wallet_rejected', moved: 'no' })
    expect(said.all).toContain('No money moved')
    expect(dapp.sandbox.settlements()).toHaveLength(0)
    await page.locator('.payments li[data-state="released"]').waitFor()
    expect(await page.locator('#left').textContent()).toContain('$2.00 of $2.00 left today')
  })

  it('refuses what is over the limit before anyone is asked', async () => {
    dapp = await serveDapp({ limits: { ...limits, perDay: '0.10' } })
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await connect(page)
    await describePicture(page, 'A lighthouse', 'nano-banana-pro/generate')
    await page.getByRole('button', { name: /^Make it for \$/ }).click()
    const said = await trouble(page)
    expect(said).toMatchObject({ code: 'limit_per_day', moved: 'no' })
    expect(said.all).toMatch(/Limit \$0\.10, spent \$0\.00, reserved \$0\.00, requested \$0\.13/)
    expect(wallet.prompts.pay).toBe(0)
    expect(dapp.sandbox.settlements()).toHaveLength(0)
  })

  it('can be cancelled while the wallet is asked, and pays nothing even when it signs later', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await connect(page)
    await describePicture(page, 'A lighthouse')
    const held = wallet.hold('pay')
    await pay(page)
    const release = await held
    await page.getByText('Look at your wallet: it asks for the payment.').first().waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await trouble(page)).toMatchObject({ code: 'aborted', moved: 'no' })
    release()
    await page.locator('.payments li[data-state="released"]').waitFor()
    expect(dapp.sandbox.settlements()).toHaveLength(0)
  })

  it('does not let a payment be forgotten that was cancelled on its way', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await connect(page)
    await describePicture(page, 'A lighthouse')
    const { sandbox } = dapp
    sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
    await pay(page)
    await expect.poll(() => sandbox.settlements().length, { timeout: 60_000 }).toBe(1)
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(await trouble(page)).toMatchObject({ code: 'aborted', moved: 'unknown' })
    const blocked = page.getByRole('button', { name: 'The last payment has no answer yet' })
    await blocked.waitFor()
    expect(await blocked.isDisabled()).toBe(true)
    await page.locator('.trouble').getByRole('button', { name: 'Find out' }).click()
    expect((await pictureSize(page)).width).toBe(1024)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(wallet.prompts.pay).toBe(1)
  })

  it('can stop waiting, and collects later without paying again', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page } = await openDapp(browser, dapp, wallet)
    await connect(page)
    await describePicture(page, 'A lighthouse')
    await pay(page)
    await page.getByRole('button', { name: 'Stop waiting' }).click()
    const said = await trouble(page)
    expect(said).toMatchObject({ code: 'aborted', moved: 'yes', title: 'You stopped waiting.' })
    expect(said.money).toMatch(/^\$0\.034 was paid, once\./)
    await page.getByRole('button', { name: 'Collect the picture' }).click()
    expect((await pictureSize(page)).width).toBe(1024)
    expect(dapp.sandbox.settlements()).toHaveLength(1)
    expect(wallet.prompts.pay).toBe(1)
  })

  it('says of a failed job that it stays paid, and shows the texts of others as texts', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page, complaints } = await openDapp(browser, dapp, wallet)
    await connect(page)
    const prompt = 'moderated-content <img src=x onerror="window.hacked=1"><b>bold</b>'
    await describePicture(page, prompt)
    await pay(page)
    expect(await trouble(page)).toMatchObject({ code: 'job_failed', moved: 'yes' })
    const row = page.locator('.payments li')
    expect(await row.locator('.line').textContent()).toBe(prompt)
    expect(await row.locator('.how').textContent()).toBe('Paid, no picture')
    expect(await page.locator('b').count()).toBe(0)
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
    expect(complaints).toEqual([])
  })

  it('builds its form from the catalogue, and pays what the choices in it cost', async () => {
    dapp = await serveDapp()
    const wallet = createTestWallet()
    const { page, complaints } = await openDapp(browser, dapp, wallet)
    await connect(page)
    const small = await describePicture(page, 'A lighthouse', 'flux-2-max/generate')
    expect(await page.locator('#model-about').textContent()).toContain('$0.04 to $0.17, about 25 s')
    await page.getByLabel('Resolution').selectOption('4 MP')
    await page.getByLabel('Aspect ratio').selectOption('16:9')
    await expect.poll(() => page.locator('#price').textContent()).toBe('$0.17')
    expect(small).toBe('$0.07')
    await pay(page)
    await pictureSize(page)
    expect(dapp.sandbox.jobs()[0]?.input).toMatchObject({ resolution: '4 MP', aspect_ratio: '16:9' })
    expect(complaints).toEqual([])
  })

  it('offers the demo wallet where there is no other', async () => {
    dapp = await serveDapp()
    const { page, complaints } = await openDapp(browser, dapp)
    await page.getByRole('button', { name: 'Connect', exact: true }).click()
    await page.locator('.account').waitFor()
    await describePicture(page, 'A lighthouse', 'grok/generate')
    await pay(page)
    expect((await pictureSize(page)).width).toBeGreaterThan(500)
    expect(dapp.sandbox.settlements()).toHaveLength(1)
    expect(complaints).toEqual([])
  })
})
