// IndexedDB as browsers really have it: the contract of a store, and two tabs that race.
import type { Browser, Page } from 'playwright-core'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import type { Harness, RunCall, RunResult } from './support/harness.ts'
import { type PlainPage, servePlainPage } from './support/plain-page.ts'

let browser: Browser
let plain: PlainPage

beforeAll(async () => {
  browser = await launchChromium()
  plain = await servePlainPage()
})
afterAll(async () => {
  await plain?.close()
  await browser?.close()
})

async function openTabs(count: number): Promise<Page[]> {
  const context = await browser.newContext()
  const open = async () => {
    const page = await context.newPage()
    await page.goto(plain.url)
    await page.waitForFunction(() => 'harness' in window)
    return page
  }
  return Promise.all(Array.from({ length: count }, open))
}

const runIn = (page: Page, call: RunCall): Promise<RunResult> =>
  page.evaluate((one) => (window as unknown as { harness: Harness }).harness.run(one), call)

describe('indexedDbStore in a real browser', () => {
  it('keeps every rule of a store', async () => {
    const [page] = await openTabs(1)
    const said = await page?.evaluate(() =>
      (window as unknown as { harness: Harness }).harness.checkIndexedDb(),
    )
    expect(said).toMatch(/^kept by \d+ databases$/)
  })

  it('lets tabs that race with one key pay once, for one job', async () => {
    const tabs = await openTabs(4)
    const privateKey = generatePrivateKey()
    plain.sandbox.fund(privateKeyToAccount(privateKey).address, '5')
    const before = plain.sandbox.settlements().length
    const call = {
      privateKey,
      baseUrl: `${plain.url}/api/stablestudio`,
      origin: plain.url,
      store: 'race',
      idempotencyKey: 'one picture',
    }
    const results = await Promise.all(tabs.map((tab) => runIn(tab, call)))
    const jobs = results.map((result) => ('jobId' in result ? result.jobId : result.message))
    expect(new Set(jobs).size).toBe(1)
    expect(results.every((result) => 'bytes' in result && result.bytes > 0)).toBe(true)
    expect(plain.sandbox.settlements().slice(before)).toHaveLength(1)
  })
})
