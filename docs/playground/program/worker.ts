// Runs a visitor's program like a page of its own: with the real client, a durable store, and no network but the sandbox.
// To end this worker is to crash that page.
import type { Report, Start } from '../wire.ts'
import { compile } from './compile.ts'
import { redirectConsole } from './console.ts'
import { failureOf } from './failure.ts'
import { createModules } from './modules.ts'
import { createFetch } from './network.ts'

const aliveEveryMs = 500

globalThis.addEventListener('message', ({ data, ports: [page] }: MessageEvent<Start>) => {
  if (!page) return
  // By the way that the requests go, so that the page hears of a signature before it is sent.
  const tell = (report: Report) => page.postMessage(report)
  globalThis.fetch = createFetch(page)
  redirectConsole(tell)
  // A program in an endless loop falls silent.
  setInterval(() => tell({ kind: 'alive' }), aliveEveryMs)
  globalThis.addEventListener('unhandledrejection', (event) => {
    event.preventDefault()
    void failureOf(event.reason).then((failure) => tell({ kind: 'failed', failure }))
  })
  void run(data, tell)
})

async function run(start: Start, tell: (report: Report) => void): Promise<void> {
  try {
    const { names, run } = compile(start.code)
    await run(await createModules(start, tell).load(names))
    tell({ kind: 'done' })
  } catch (error) {
    tell({ kind: 'failed', failure: await failureOf(error) })
  }
}
