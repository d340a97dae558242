// Chromium: the flow in a page of a real browser, with web security on, through the package's relay on the page's own origin.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Result } from './flow/rig.ts'
import { limitMs } from './processes.ts'
import type { Outcome } from './programs.ts'
import { runtimes } from './projects.ts'
import type { Studio, Studios } from './studios.ts'

/** What is used of `playwright-core`, which only this folder's own install has. */
type Page = {
  on(event: 'pageerror', listener: (error: Error) => void): void
  goto(url: string): Promise<unknown>
  evaluate<value>(expression: string): Promise<value>
}
type Browser = { newPage(): Promise<Page>; version(): string; close(): Promise<void> }
type Launch = (options: { executablePath: string; args: string[]; timeout: number }) => Promise<Browser>

/**
 * Not the default arguments of @sparticuz/chromium: they switch web security off. Its own process sandbox needs rights
 * that a container does not have.
 */
const flags = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']

export async function playInChromium(project: string, script: string, studios: Studios): Promise<Outcome> {
  const studio = await studios.open('chromium')
  const server = await servePage(project, await readFile(script), studio)
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  let browser: Browser | undefined
  try {
    browser = await launch(dirname(script))
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    await page.goto(`http://127.0.0.1:${port}/`)
    const results = await within(page.evaluate<Result[]>(`playHere(${JSON.stringify(studio.url)})`))
    const quiet: Result = { check: 'quiet end', ...(errors.length > 0 && { error: errors.join('; ') }) }
    return { runtime: 'Chromium', version: browser.version(), results: [...results, quiet] }
  } catch (error) {
    const version = browser?.version() ?? '?'
    return { runtime: 'Chromium', version, results: [{ check: 'quiet end', error: String(error) }] }
  } finally {
    await browser?.close()
    server.closeAllConnections()
    server.close()
  }
}

/** @param folder where the browser is unpacked: its own, so that none of another version lies there. */
async function launch(folder: string): Promise<Browser> {
  const packed = pathToFileURL(join(runtimes, '@sparticuz/chromium/build/index.js')).href
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  const { default: chromium }: { default: { executablePath(): Promise<string> } } = await import(packed)
  const executablePath = await chromium.executablePath()
  if (before === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = before
  const { chromium: driver }: { chromium: { launch: Launch } } = createRequire(join(runtimes, 'x.js'))(
    'playwright-core',
  )
  return driver.launch({ executablePath, args: flags, timeout: 120_000 })
}

async function within<value>(work: Promise<value>): Promise<value> {
  const stop = new AbortController()
  const late = setTimeout(limitMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`nothing after ${limitMs} ms`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    stop.abort()
  }
}

async function servePage(project: string, script: Uint8Array, studio: Studio): Promise<Server> {
  const module = pathToFileURL(join(project, 'node_modules/stablestudio/dist/entries/proxy.js')).href
  const { createProxy }: typeof import('stablestudio/proxy') = await import(module)
  const toService = createProxy({ target: studio.url })
  const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${studio.url}`
  const files: Record<string, [type: string, body: string | Uint8Array]> = {
    '/': ['text/html', '<!doctype html><title>flow</title><script type="module" src="/page.js"></script>'],
    '/page.js': ['text/javascript', script],
  }
  const server = createServer((request, response) => {
    const file = files[request.url ?? '']
    if (file) {
      const headers = { 'content-type': file[0], 'content-security-policy': policy }
      response.writeHead(200, headers).end(file[1])
      return
    }
    relay(toService, studio, request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Passes requests on through the package's own relay, or to the means to control the sandbox. */
async function relay(
  toService: (request: Request) => Promise<Response>,
  studio: Studio,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { url = '', method = 'GET', headers } = incoming
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}
  const request = new Request(`http://${headers.host}${url}`, {
    method,
    headers: headers as Record<string, string>,
    ...body,
  })
  const answer =
    url === '/control' ? await fetch(studio.control, { method, ...body }) : await toService(request)
  const bytes = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(bytes)
}
