// The playground of the documentation: whatever goes wrong there, it pays once, and nothing leaves the page.
import { readFile } from 'node:fs/promises'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import { dot, openPlayground, type Playground } from './support/playground.ts'
import { buildSite, type ServedSite, serveSite } from './support/site.ts'

let browser: Browser
let site: ServedSite

beforeAll(async () => {
  ;[browser] = await Promise.all([launchChromium(), buildSite()])
  site = await serveSite()
  // To build the site takes some forty seconds, and more where others work on the same machine.
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await site?.close()
})

const first = await readFile(new URL('../../docs/playground/presets/first.ts', import.meta.url), 'utf8')

/** Opens the playground for one test, and holds afterwards that nothing left the page. */
const visit =
  (play: (playground: Playground) => Promise<void>, options = {}) =>
  async () => {
    const playground = await openPlayground(browser, site, options)
    await play(playground)
    expect(playground.asked.length).toBeGreaterThan(5)
    const isInside = (url: string) => url.startsWith(`${site.url}/`) || url.startsWith(`blob:${site.url}/`)
    expect(playground.asked.filter((url) => !isInside(url))).toEqual([])
    expect(playground.complaints).toEqual([])
    await playground.close()
  }

describe.concurrent('a program', () => {
  it(
    'makes a picture and pays once',
    visit(async (playground) => {
      await playground.press('Run')
      await playground.ended('done')
      expect(await playground.widths()).toEqual([1360])
      expect(await playground.paid()).toEqual({ settled: 1, signed: 1, text: '1 × $0.07' })
      expect(await playground.lines('Ledger')).toEqual([expect.stringMatching(/^settled \$0\.07 grok/)])
      const requests = await playground.lines('Requests')
      expect(requests.filter((line) => line.includes('payment'))).toHaveLength(1)
      const events = (await playground.lines('Events')).map((line) => line.split(' ')[0])
      expect(events.indexOf('payment.signed')).toBeGreaterThan(events.indexOf('payment.reserved'))
      expect(events.indexOf('payment.settled')).toBeGreaterThan(events.indexOf('payment.signed'))
      expect(events.at(-1)).toBe('job.completed')
    }),
  )

  it(
    'pays once for a file, and once for its edit',
    visit(async (playground) => {
      await playground.choose('Edit a file')
      await playground.page.getByLabel('File').setInputFiles(dot)
      await playground.press('Run')
      await playground.ended('done')
      expect(await playground.widths()).toEqual([1360])
      expect(await playground.paid()).toMatchObject({ settled: 2, text: '2 payments, $0.032' })
      // The same bytes and the same key: nothing is paid again.
      await playground.press('Reload')
      await playground.ended('done')
      expect(await playground.paid()).toMatchObject({ settled: 2, signed: 2 })
    }),
  )

  it(
    'stays below its budget, with twenty at once',
    visit(async (playground) => {
      await playground.choose('Twenty at once, with a budget')
      await playground.press('Run')
      await playground.ended('done')
      expect(await playground.paid()).toMatchObject({ settled: 10, signed: 10, text: '10 × $0.01' })
      expect(await playground.widths()).toHaveLength(10)
      const printed = await playground.page.getByLabel('Console').textContent()
      expect(printed).toContain('10 made, 10 refused by the limit')
    }),
  )

  it(
    'pays nothing for quotes, and what was quoted',
    visit(async (playground) => {
      await playground.choose('Quote first')
      await playground.press('Run')
      await playground.ended('done')
      expect(await playground.page.getByLabel('Console').textContent()).toMatch(
        /low \$0\.01\nmedium \$0\.034/,
      )
      expect(await playground.paid()).toMatchObject({ settled: 1, signed: 1, text: '1 × $0.07' })
    }),
  )
})

describe.concurrent('a fault', () => {
  it(
    'in the answer: the payment is found, not made again',
    visit(async (playground) => {
      await playground.press('Lost answer')
      await playground.ended('done')
      expect((await playground.lines('Requests')).join()).toMatch(/payment no answer/)
      expect((await playground.lines('Events')).join()).toContain('payment.unknown')
      expect(await playground.paid()).toEqual({ settled: 1, signed: 1, text: '1 × $0.07' })
      expect(await playground.widths()).toEqual([1360])
    }),
  )

  it(
    'in the offer: $900 are not signed',
    visit(async (playground) => {
      await playground.press('$900 offer')
      await playground.ended('failed')
      expect(await playground.error()).toMatch(
        /OfferRefusedError price_above_list.*\$900.*Nothing was charged/s,
      )
      expect(await playground.paid()).toEqual({ settled: 0, signed: 0, text: 'nothing' })
      expect(await playground.lines('Ledger')).toEqual([])
    }),
  )

  it(
    'in the time: the job is collected, not paid again',
    visit(async (playground) => {
      await playground.press('Slow job')
      await playground.ended('failed')
      expect(await playground.error()).toMatch(/JobTimeoutError.*It is paid/s)
      await playground.press('Collect it: wait(error.job)')
      await playground.ended('done')
      expect(await playground.widths()).toEqual([1360])
      expect(await playground.paid()).toEqual({ settled: 1, signed: 1, text: '1 × $0.07' })
    }),
  )

  it(
    'in the page: a crash after the payment, and a reload, are one payment',
    visit(async (playground) => {
      await playground.press('Crash')
      await playground.ended('crashed')
      expect(await playground.paid()).toMatchObject({ settled: 1, signed: 1 })
      expect(await playground.widths()).toEqual([])
      await playground.page.getByText(/^sent \$0\.07/).waitFor()
      await playground.press('Reload')
      await playground.ended('done')
      expect(await playground.widths()).toEqual([1360])
      expect(await playground.paid()).toEqual({ settled: 1, signed: 1, text: '1 × $0.07' })
      expect(await playground.lines('Ledger')).toEqual([expect.stringMatching(/^settled/)])
    }),
  )

  it(
    'in the page: a crash among twenty, and a reload, are at most one payment for each key',
    visit(async (playground) => {
      await playground.choose('Twenty at once, with a budget')
      await playground.press('Crash')
      await playground.ended('crashed')
      expect((await playground.paid()).settled).toBeGreaterThan(0)
      await playground.press('Reload')
      await playground.ended('done')
      const { settled, signed } = await playground.paid()
      const paid = (await playground.lines('Ledger')).filter((line) => line.startsWith('settled'))
      const keys = paid.map((line) => /key (view-\d+)/.exec(line)?.[1])
      expect(new Set(keys).size).toBe(settled)
      expect(paid).toHaveLength(settled)
      // What was reserved by the page that died may keep others from being paid, but nothing is paid twice.
      expect(settled).toBeLessThanOrEqual(10)
      expect(signed).toBeGreaterThanOrEqual(settled)
      expect(await playground.widths()).toHaveLength(settled)
    }),
  )

  it(
    'is counted where a program pays again: without a key, a reload does',
    visit(async (playground) => {
      await playground.write(first.replace("idempotencyKey: 'order-1', ", ''))
      await playground.press('Crash')
      await playground.ended('crashed')
      await playground.press('Reload')
      await playground.ended('done')
      expect(await playground.paid()).toEqual({ settled: 2, signed: 2, text: '2 × $0.07' })
    }),
  )
})

describe.concurrent('what a visitor types', () => {
  it(
    'is completed from the catalogue: operations, fields, values, options',
    visit(async (playground) => {
      const { page } = playground
      const offered = page.getByRole('listbox', { name: 'Completions' }).getByRole('option')
      const typeInto = async (program: string, text: string) => {
        await playground.write(program)
        await page.keyboard.press('Control+End')
        const after = program.length - program.indexOf('|') - 1
        for (let at = 0; at < after; at += 1) await page.keyboard.press('ArrowLeft')
        await page.keyboard.press('Backspace')
        await page.keyboard.type(text)
      }
      const studio = 'const studio = new StableStudioClient({ wallet })\n'
      await typeInto(`${studio}studio.run('|')`, 'gpt-image-1.5')
      await offered.filter({ hasText: 'gpt-image-1.5/generate' }).waitFor()
      expect(await offered.first().textContent()).toMatch(/\$0\.009–\$0\.20/)
      await typeInto(`${studio}studio.run('gpt-image-1.5/generate', { | })`, 'q')
      await offered.filter({ hasText: 'quality' }).waitFor()
      await typeInto(`${studio}studio.run('gpt-image-1.5/generate', { quality: '|' })`, 'me')
      await offered.filter({ hasText: 'medium' }).waitFor()
      await typeInto(`${studio}studio.run('grok/generate', { prompt: 'x' }, { | })`, 'i')
      await offered.filter({ hasText: 'idempotencyKey' }).waitFor()
      await typeInto(`${studio}studio.|`, 're')
      await offered.filter({ hasText: 'recover' }).click()
      expect(await page.getByRole('textbox', { name: 'The program' }).textContent()).toContain(
        'studio.recover',
      )
    }),
  )

  it(
    'is told where it is wrong',
    visit(async (playground) => {
      await playground.write(first.replace('await studio.run(', 'await studio.run((('))
      await playground.press('Run')
      await playground.ended('failed')
      expect(await playground.error()).toMatch(/SyntaxError.*Line \d+/s)
      await playground.write(first.replace('grok/generate', 'grok/generat'))
      await playground.press('Run')
      await playground.page.getByText('max_price_required').waitFor()
      expect(await playground.error()).toContain('Did you mean grok/generate?')
      await playground.write(first.replace("'stablestudio/browser'", "'stablestudio/redis'"))
      await playground.press('Run')
      await playground.page.getByText("There is no 'stablestudio/redis' here.").waitFor()
      await playground.write('const none: { id?: string } | undefined = undefined\nconsole.log(none!.id)')
      await playground.press('Run')
      await playground.page.getByText('TypeError').waitFor()
      expect(await playground.error()).toContain('Line 2')
      expect(await playground.paid()).toMatchObject({ settled: 0, signed: 0 })
    }),
  )

  it(
    'can be stopped when it never ends',
    visit(async (playground) => {
      await playground.write('for (;;);')
      await playground.press('Run')
      await playground.page.getByText('It may be in an endless loop').waitFor()
      await playground.press('Stop')
      await playground.ended('stopped')
      await playground.write(first)
      await playground.press('Run')
      await playground.ended('done')
      expect(await playground.paid()).toMatchObject({ settled: 1 })
    }),
  )
})

describe.concurrent('other pages', () => {
  it('load nothing of it', async () => {
    const context = await browser.newContext()
    const asked: string[] = []
    context.on('request', (request) => asked.push(request.url()))
    const page = await context.newPage()
    const withPlayground = async () => {
      const scripts = asked.filter((url) => /\.(js|css)$/.test(url))
      const texts = await Promise.all(scripts.map(async (url) => (await fetch(url)).text()))
      return scripts.filter((_, at) => texts[at]?.includes('pg-money'))
    }
    await page.goto(`${site.url}/start`, { waitUntil: 'networkidle' })
    expect(await withPlayground()).toEqual([])
    // The same look finds it where it is.
    await page.goto(`${site.url}/playground`, { waitUntil: 'networkidle' })
    expect(await withPlayground()).toHaveLength(1)
    await context.close()
  })
})

describe.concurrent('on a phone', () => {
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
  it(
    'nothing is wider than the screen, before and after',
    visit(async (playground) => {
      const width = () => playground.page.evaluate(() => document.documentElement.scrollWidth)
      expect(await width()).toBe(390)
      await playground.press('$900 offer')
      await playground.ended('failed')
      expect(await width()).toBe(390)
      await playground.press('Run')
      await playground.ended('done')
      expect(await width()).toBe(390)
    }, phone),
  )
})
