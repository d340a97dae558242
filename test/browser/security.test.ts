// The browser's own rules: they are on, the dapp keeps them, and the client says plainly when they are in the way.
import { createServer, type Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { generatePrivateKey } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './support/chromium.ts'
import { type ServedDapp, serveDapp } from './support/dapp.ts'
import type { Harness } from './support/harness.ts'
import { openDapp } from './support/page.ts'
import { closeServer, type PlainPage, servePlainPage, urlOf } from './support/plain-page.ts'

let browser: Browser
let plain: PlainPage
let dapp: ServedDapp | undefined

beforeAll(async () => {
  browser = await launchChromium()
  plain = await servePlainPage()
})
afterEach(() => dapp?.close())
afterAll(async () => {
  await plain?.close()
  await browser?.close()
})

async function openPlain(): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(plain.url)
  return page
}

/** Another origin: answers everything, with or without leave to read it. */
async function serveForeign(headers: Record<string, string>): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', ...headers })
    response.end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe('web security', () => {
  it('is on: another origin can be read only where it says so', async () => {
    const closed = await serveForeign({})
    const open = await serveForeign({ 'access-control-allow-origin': '*' })
    const page = await openPlain()
    const read = (url: string) =>
      page.evaluate(
        (from) =>
          fetch(from)
            .then((answer) => answer.text())
            .catch((error) => error.name),
        url,
      )
    expect(await read(urlOf(closed))).toBe('TypeError')
    expect(await read(urlOf(open))).toBe('hello')
    await Promise.all([closeServer(closed), closeServer(open)])
  })

  it('stops a client that asks the service itself, which is told to use the relay', async () => {
    const service = await plain.sandbox.listen()
    const page = await openPlain()
    const call = {
      privateKey: generatePrivateKey(),
      baseUrl: service.url,
      origin: service.url,
      store: 'cross-origin',
    }
    const result = await page.evaluate(
      (one) => (window as unknown as { harness: Harness }).harness.run(one),
      call,
    )
    expect(result).toMatchObject({ name: 'ServiceError', code: 'network_error', payment: 'none' })
    expect(result).toMatchObject({ message: expect.stringMatching(/no CORS headers/) })
    expect(result).toMatchObject({ message: expect.stringMatching(/own origin/) })
    await service.close()
  })
})

describe('the policy of the page', () => {
  it('comes as a header and in the page, and allows neither eval nor inline scripts', async () => {
    dapp = await serveDapp()
    const answer = await fetch(dapp.url)
    const header = answer.headers.get('content-security-policy') ?? ''
    const page = (await answer.text()).replaceAll('&#39;', "'")
    const meta = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? ''
    for (const policy of [header, meta]) {
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
      expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'")
      expect(policy).not.toMatch(/unsafe|\*[ ;]|https?:[ ;]/)
    }
    expect(header).toContain("frame-ancestors 'none'")
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|style=/)
  })

  it('is enforced: no eval, no HTML from texts, no script of others, no other host', async () => {
    dapp = await serveDapp()
    const open = await serveForeign({ 'access-control-allow-origin': '*' })
    const { page, complaints } = await openDapp(browser, dapp)
    await page.locator('.empty').waitFor()
    expect(complaints).toEqual([])
    const tried = await page.evaluate(async (foreign) => {
      // What the test tool runs itself may use eval; what the page runs later may not.
      await new Promise((resolve) => setTimeout(resolve))
      const name = (work: () => unknown) => {
        try {
          work()
          return 'allowed'
        } catch (error) {
          return (error as Error).name
        }
      }
      return {
        eval: name(() => new Function('return 1')()),
        html: name(() => {
          document.body.innerHTML = '<p>hello</p>'
        }),
        fetch: await fetch(foreign).then(
          () => 'allowed',
          (error) => error.name,
        ),
      }
    }, urlOf(open))
    expect(tried).toEqual({ eval: 'EvalError', html: 'TypeError', fetch: 'TypeError' })
    await expect.poll(() => complaints.filter((one) => one.startsWith('policy: ')).length).toBeGreaterThan(1)
    await closeServer(open)
  })
})
