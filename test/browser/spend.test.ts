// The spend account on a real chain, in a real browser, with wagmi and the hook: prompts and units are counted.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChainPage, serveChainPage } from './support/chain-page.ts'
import { type ChainWallet, createChainWallet } from './support/chain-wallet.ts'
import { launchChromium } from './support/chromium.ts'

let browser: Browser
let served: ChainPage

beforeAll(async () => {
  ;[browser, served] = await Promise.all([launchChromium(), serveChainPage()])
})
afterAll(async () => {
  await browser?.close()
  await served?.close()
})

async function open(wallet: ChainWallet): Promise<{ page: Page; spend: `0x${string}` }> {
  const context = await browser.newContext()
  await wallet.install(context)
  const page = await context.newPage()
  await page.goto(served.url)
  await page.getByRole('button', { name: 'Connect' }).click()
  await page.getByRole('button', { name: 'Top up' }).waitFor()
  return { page, spend: ((await page.locator('#spend').textContent()) ?? '') as `0x${string}` }
}

async function press(page: Page, name: string, said: RegExp): Promise<string> {
  await page.getByRole('button', { name }).click()
  await expect.poll(() => page.locator('#said').textContent(), { timeout: 30_000 }).toMatch(said)
  return (await page.locator('#said').textContent()) ?? ''
}

/** Makes one picture more, and waits for it. */
async function makePicture(page: Page): Promise<string> {
  const before = await page
    .locator('img')
    .getAttribute('alt')
    .catch(() => null)
  await page.getByRole('button', { name: 'Make' }).click()
  const picture = page.locator(`img:not([alt="${before}"])`)
  await picture.waitFor({ timeout: 60_000 })
  expect(await page.locator('#state').textContent()).toBe('done')
  return (await picture.getAttribute('alt')) ?? ''
}

describe.each(['plain', 'smart'] as const)('a %s wallet', (kind) => {
  it('is asked once for ten pictures, and once for what is left', async () => {
    const wallet = await createChainWallet(served.chain, kind)
    const { page, spend } = await open(wallet)
    await press(page, 'Top up', /^done 5\.00$/)
    expect(await served.chain.balance(spend)).toBe('5')
    expect(await served.chain.balance(wallet.address)).toBe('15')
    const jobs = new Set<string>()
    for (let count = 0; count < 5; count += 1) jobs.add(await makePicture(page))
    // Reloaded while the sixth is on its way: it goes on by itself.
    await page.getByRole('button', { name: 'Make' }).click()
    await expect.poll(() => served.chain.settlements(spend).then((all) => all.length)).toBe(6)
    await page.reload()
    await page.locator('img').waitFor({ timeout: 60_000 })
    jobs.add((await page.locator('img').getAttribute('alt')) ?? '')
    for (let count = 0; count < 4; count += 1) jobs.add(await makePicture(page))
    expect(jobs.size).toBe(10)
    const paid = await served.chain.settlements(spend)
    expect(paid).toHaveLength(10)
    const units = paid.reduce((sum, { amount }) => sum + BigInt(amount), 0n)
    const left = Number(5_000_000n - units) / 1e6
    expect(Number(await served.chain.balance(spend))).toBe(left)
    expect(wallet.prompts).toMatchObject({ send: 1, sign: 0 })
    await page.getByRole('button', { name: 'Withdraw' }).waitFor()
    await press(page, 'Withdraw', /^done /)
    expect(await served.chain.balance(spend)).toBe('0')
    expect(Number(await served.chain.balance(wallet.address))).toBe(15 + left)
    expect(wallet.prompts).toMatchObject({ send: 2, sign: 0 })
  })

  it('that answers after the page was closed has paid once', async () => {
    const wallet = await createChainWallet(served.chain, kind)
    const { page, spend } = await open(wallet)
    wallet.next('lose-answer')
    await page.getByRole('button', { name: 'Top up' }).click()
    await expect.poll(() => served.chain.balance(spend)).toBe('5')
    await page.reload()
    await page.getByRole('button', { name: 'Top up' }).waitFor()
    await press(page, 'Top up', /^earlier 5\.00$/)
    expect(await served.chain.balance(spend)).toBe('5')
    expect(wallet.prompts.send).toBe(1)
    wallet.next('lose-answer')
    await page.getByRole('button', { name: 'Withdraw' }).click()
    await expect.poll(() => served.chain.balance(spend)).toBe('0')
    await page.reload()
    await page.getByRole('button', { name: 'Withdraw' }).waitFor()
    await press(page, 'Withdraw', /^earlier 5\.00$/)
    expect(await served.chain.balance(wallet.address)).toBe('20')
    expect(wallet.prompts.send).toBe(2)
  })

  it('that says no has sent nothing, and can be asked again', async () => {
    const wallet = await createChainWallet(served.chain, kind)
    const { page, spend } = await open(wallet)
    wallet.next('refuse')
    expect(await press(page, 'Top up', /^wallet_rejected/)).toMatch(/^wallet_rejected none /)
    await press(page, 'Top up', /^done 5\.00$/)
    expect(await served.chain.balance(spend)).toBe('5')
  })
})

describe('two tabs', () => {
  it('make one key', async () => {
    const context = await browser.newContext()
    const tabs = await Promise.all(Array.from({ length: 4 }, () => context.newPage()))
    await Promise.all(tabs.map((tab) => tab.goto(served.url)))
    const addresses = await Promise.all(tabs.map((tab) => tab.locator('#spend').textContent()))
    expect(new Set(addresses).size).toBe(1)
  })

  it('that top up at once ask once', async () => {
    const wallet = await createChainWallet(served.chain, 'plain')
    const { page, spend } = await open(wallet)
    const other = await page.context().newPage()
    await other.goto(served.url)
    const button = other.getByRole('button', { name: 'Connect' })
    await button.click()
    await other.getByRole('button', { name: 'Top up' }).waitFor()
    wallet.next('lose-answer')
    await Promise.all([page, other].map((tab) => tab.getByRole('button', { name: 'Top up' }).click()))
    await expect
      .poll(async () =>
        (await Promise.all([page, other].map((tab) => tab.locator('#said').textContent()))).join(),
      )
      .toMatch(/transfer_unknown|earlier/)
    await expect.poll(() => served.chain.balance(spend)).toBe('5')
    expect(wallet.prompts.send).toBe(1)
  })
})
