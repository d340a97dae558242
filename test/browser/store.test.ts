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

const submitIn = (page: Page, call: RunCall, keys: string[]): Promise<string[]> =>
  page.evaluate(([one, all]) => (window as unknown as { harness: Harness }).harness.submitAll(one, all), [
    call,
    keys,
  ] as const)

/** A call by a wallet of its own, on a store of its own. */
function fundedCall(store: string): RunCall {
  const privateKey = generatePrivateKey()
  plain.sandbox.fund(privateKeyToAccount(privateKey).address, '20')
  return { privateKey, baseUrl: `${plain.url}/api/stablestudio`, origin: plain.url, store }
}

function settledBy({ privateKey }: RunCall) {
  const { address } = privateKeyToAccount(privateKey)
  return plain.sandbox.settlements().filter(({ from }) => from === address)
}

describe('indexedDbStore in a real browser', () => {
  it('keeps every rule of a store', async () => {
    const [page] = await openTabs(1)
    const said = await page?.evaluate(() =>
      (window as unknown as { harness: Harness }).harness.checkIndexedDb(),
    )
    expect(said).toMatch(/^kept by \d+ databases$/)
  })

  it('lets tabs that race with one key pay once, for one job', async () => {
    const tabs = await openTabs(3)
    const call = fundedCall('race')
    const results = await Promise.all(
      tabs.map((tab) => runIn(tab, { ...call, idempotencyKey: 'one picture' })),
    )
    expect(results.every((result) => 'bytes' in result && result.bytes > 0)).toBe(true)
    const jobs = results.map((result) => ('jobId' in result ? result.jobId : result.message))
    expect(new Set(jobs).size).toBe(1)
    expect(settledBy(call)).toHaveLength(1)
  })

  it('keeps its word under pressure: four tabs, twelve keys, twelve payments', async () => {
    const tabs = await openTabs(4)
    const call = fundedCall('pressure')
    const keys = Array.from({ length: 12 }, (_, at) => `picture ${at}`)
    const byTab = await Promise.all(tabs.map((tab) => submitIn(tab, call, keys)))
    const [first] = byTab
    expect(new Set(first).size).toBe(12)
    for (const jobs of byTab) expect(jobs).toEqual(first)
    expect(settledBy(call)).toHaveLength(12)
  })

  it('holds one limit over all tabs', async () => {
    const tabs = await openTabs(4)
    const call = { ...fundedCall('limit'), total: '0.70' }
    const keysOf = (tab: number) => Array.from({ length: 6 }, (_, at) => `picture ${tab}.${at}`)
    const byTab = await Promise.all(tabs.map((tab, at) => submitIn(tab, call, keysOf(at))))
    // Five at $0.136 are within $0.70, six are not.
    expect(settledBy(call).map(({ usd }) => usd)).toEqual(Array.from({ length: 5 }, () => '0.136'))
    expect(byTab.flat().filter((one) => one === 'limit_total')).toHaveLength(19)
  })
})
