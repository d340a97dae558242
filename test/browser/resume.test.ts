// Pages that are closed in the middle: the next one goes on, and pays nothing more.
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

async function startPaying() {
  dapp = await serveDapp()
  const wallet = createTestWallet()
  const opened = await openDapp(browser, dapp, wallet)
  await connect(opened.page)
  await describePicture(opened.page, 'A lighthouse')
  return { ...opened, wallet, dapp }
}

describe('a page that is closed', () => {
  it('while the picture is made: a reload shows the picture', async () => {
    const { page, wallet, dapp } = await startPaying()
    await pay(page)
    await page.getByRole('button', { name: 'Stop waiting' }).waitFor()
    await page.locator('.payments li[data-state="settled"]').waitFor()
    await page.reload()
    expect((await pictureSize(page)).width).toBe(1024)
    expect(dapp.sandbox.settlements()).toHaveLength(1)
    expect(wallet.prompts).toMatchObject({ connect: 1, pay: 1, signIn: 1 })
  })

  it('while the picture is made: another page of the same browser shows it, long after', async () => {
    const { page, context, wallet, dapp } = await startPaying()
    await pay(page)
    await page.locator('.payments li[data-state="settled"]').waitFor()
    await page.close()
    dapp.sandbox.clock.advance(10 * 60_000)
    const next = await context.newPage()
    await next.clock.install({ time: dapp.sandbox.clock.now() })
    await next.goto(dapp.url)
    expect((await pictureSize(next)).width).toBe(1024)
    expect(dapp.sandbox.settlements()).toHaveLength(1)
    expect(wallet.prompts).toMatchObject({ connect: 1, pay: 1, signIn: 1 })
  })

  it('while the payment is on its way: the next page finds out, and nothing is bought before', async () => {
    const { page, context, wallet, dapp } = await startPaying()
    dapp.sandbox.faults.add({ step: 'pay', kind: 'no-answer' })
    await pay(page)
    await expect.poll(() => dapp.sandbox.settlements().length, { timeout: 60_000 }).toBe(1)
    await page.close()
    const next = await context.newPage()
    await next.goto(dapp.url)
    expect(await trouble(next)).toMatchObject({ code: 'payment_unknown', moved: 'unknown' })
    await next.getByRole('textbox', { name: 'What should it show?' }).fill('Another picture')
    const blocked = next.getByRole('button', { name: 'The last payment has no answer yet' })
    expect(await blocked.isDisabled()).toBe(true)
    await next.locator('.trouble').getByRole('button', { name: 'Find out' }).click()
    expect((await pictureSize(next)).width).toBe(1024)
    expect(dapp.sandbox.settlements()).toHaveLength(1)
    expect(wallet.prompts.pay).toBe(1)
  })

  it('while the wallet is asked: nothing was paid, and nothing is owed', async () => {
    const { page, wallet, dapp } = await startPaying()
    const held = wallet.hold('pay')
    await pay(page)
    const release = await held
    await page.reload()
    release()
    await page.locator('.account').waitFor()
    await page.locator('.payments li[data-state="released"]').waitFor({ timeout: 60_000 })
    expect(await page.locator('#stage').getAttribute('data-kind')).toBe('idle')
    expect(dapp.sandbox.settlements()).toHaveLength(0)
    expect(wallet.prompts).toMatchObject({ pay: 1, signIn: 0 })
  })

  it('for longer than the service keeps pictures: it says so once, and leaves the wallet alone', async () => {
    const { page, context, wallet, dapp } = await startPaying()
    await pay(page)
    await page.locator('.payments li[data-state="settled"]').waitFor()
    await page.close()
    dapp.sandbox.clock.advance(60 * 60_000)
    const next = await context.newPage()
    await next.clock.install({ time: dapp.sandbox.clock.now() })
    await next.goto(dapp.url)
    const said = await trouble(next)
    expect(said).toMatchObject({ code: 'output_expired', moved: 'yes' })
    expect(said.money).toMatch(/^\$0\.034 was paid, once, and stays paid\./)
    const asked = { ...wallet.prompts }
    await next.reload()
    await next.getByText('Paid, no picture').waitFor()
    expect(await next.locator('#stage').getAttribute('data-kind')).toBe('idle')
    expect(wallet.prompts).toEqual(asked)
  })

  it('with the picture in it: it is kept, and shown again without the wallet or the service', async () => {
    const { page, wallet, dapp } = await startPaying()
    await pay(page)
    await pictureSize(page)
    // The service takes pictures down after about 20 minutes.
    dapp.sandbox.clock.advance(60 * 60_000)
    await page.reload()
    const asked = { ...wallet.prompts }
    await page.locator('.payments .thumb').click()
    expect((await pictureSize(page)).width).toBe(1024)
    expect(wallet.prompts).toEqual(asked)
  })
})

describe('two tabs', () => {
  it('leave a creation to the tab that works on it', async () => {
    const { page, context, wallet, dapp } = await startPaying()
    await pay(page)
    await page.locator('.payments li[data-state="settled"]').waitFor()
    const other = await context.newPage()
    await other.goto(dapp.url)
    await other.locator('.payments li[data-state="settled"]').waitFor()
    await pictureSize(page)
    expect(await other.locator('#stage').getAttribute('data-kind')).toBe('idle')
    expect(wallet.prompts).toMatchObject({ pay: 1, signIn: 1 })
    expect(dapp.sandbox.settlements()).toHaveLength(1)
  })
})
