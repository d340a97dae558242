// One `start` is one payment: in StrictMode, after a remount, however often it is pressed, on React 18 and 19.
import { type ClientOptions, memoryStore, StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createProbe, loadReact, openDocument, type React, versions } from '../../support/react.ts'

const operation = 'gpt-image-1.5/generate'
const always = Number.POSITIVE_INFINITY
const input = { prompt: 'a lighthouse at dusk' }

function createPage(options: ClientOptions = {}) {
  const sandbox = createSandbox({ instant: true })
  const wallet = privateKeyToAccount(generatePrivateKey())
  sandbox.fund(wallet.address, '10')
  const store = memoryStore()
  /** Another client on the same store, as after a reload. */
  const connect = (more: ClientOptions = {}) =>
    new StableStudioClient({ wallet, store, fetch: sandbox.fetch, ...options, ...more })
  return { sandbox, connect, studio: connect() }
}

/** A hook's answer that the test gives when it wants to. */
function gate() {
  let open: (answer: boolean) => void = () => {}
  const answer = new Promise<boolean>((resolve) => {
    open = resolve
  })
  return { approve: () => answer, open }
}

describe.each(versions)('useGeneration on React %s', (version) => {
  let react: React
  beforeEach(async () => {
    react = await loadReact(version)
    openDocument()
  })

  async function mount(node: unknown) {
    const root = react.createRoot(document.body.appendChild(document.createElement('main')))
    await react.act(async () => root.render(node))
    return root
  }
  const until = (probe: ReturnType<typeof createProbe>, state: string) =>
    // React 18 renders at the end of an act.
    vi.waitFor(async () => {
      await react.act(async () => {})
      expect(probe.now.state).toBe(state)
    })

  it('is that version', () => {
    expect(react.version).toMatch(new RegExp(`^${version}\\.`))
  })

  it('goes from a click to a picture', async () => {
    const { studio, sandbox } = createPage()
    const probe = createProbe(react, studio)
    await mount(react.createElement(probe.Probe))
    const output = await react.act(() => probe.now.start(operation, input))
    expect(output?.url).toMatch(/^https:/)
    expect(probe.now).toMatchObject({ state: 'done', output, quote: { usd: '0.136' }, error: undefined })
    expect(probe.now.job?.id).toBe(output?.jobId)
    expect(sandbox.settlements()).toHaveLength(1)
    await react.act(async () => probe.now.reset())
    expect(probe.now).toMatchObject({ state: 'idle', output: undefined, job: undefined })
  })

  it('pays once in StrictMode, for a button that is pressed five times', async () => {
    const { studio, sandbox } = createPage()
    const probe = createProbe(react, studio)
    await mount(react.createElement(react.StrictMode, null, react.createElement(probe.Probe)))
    const outputs = await react.act(() =>
      Promise.all(Array.from({ length: 5 }, () => probe.now.start(operation, input))),
    )
    expect(new Set(outputs.map((output) => output?.jobId)).size).toBe(1)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('is the same generation after a remount, and pressing again pays nothing more', async () => {
    const { approve, open } = gate()
    const { studio, sandbox } = createPage({ approve })
    const first = createProbe(react, studio)
    const root = await mount(react.createElement(first.Probe))
    void first.now.start(operation, input)
    await until(first, 'approving')
    await react.act(async () => root.unmount())
    const second = createProbe(react, studio)
    await mount(react.createElement(second.Probe))
    expect(second.now.state).toBe('approving')
    open(true)
    const output = await react.act(() => second.now.start(operation, input))
    expect(second.now).toMatchObject({ state: 'done', output })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays what was shown', async () => {
    const { studio, sandbox } = createPage()
    const probe = createProbe(react, studio)
    await mount(react.createElement(probe.Probe))
    await react.act(() => probe.now.price(operation, input))
    expect(probe.now).toMatchObject({ state: 'idle', quote: { usd: '0.136' } })
    await react.act(() => probe.now.start(operation, { ...input }))
    // One unpaid request for the price, and the paid one.
    expect(sandbox.requests().filter(({ path }) => path.startsWith('/api/generate/'))).toHaveLength(2)
  })

  it('goes on by itself after a reload, with the paid job, and pays nothing', async () => {
    const { connect, sandbox } = createPage()
    sandbox.faults.add({ step: 'poll', kind: 'status', times: always })
    const before = createProbe(react, connect())
    await mount(react.createElement(before.Probe))
    await react.act(() => before.now.start(operation, input))
    expect(before.now).toMatchObject({ state: 'failed', job: { operation } })
    sandbox.faults.clear()
    const after = createProbe(react, connect())
    await mount(react.createElement(after.Probe))
    await until(after, 'done')
    expect(after.now.output?.jobId).toBe(before.now.job?.id)
    expect(sandbox.settlements()).toHaveLength(1)
    // It is collected, so that the next reload begins anew.
    const next = createProbe(react, connect())
    await mount(react.createElement(next.Probe))
    expect(next.now.state).toBe('idle')
  })

  it('finds the job of a payment whose answer was lost, and starts nothing else before', async () => {
    const { studio, sandbox } = createPage()
    sandbox.faults.add({ step: 'pay', kind: 'reset-after', times: always })
    sandbox.faults.add({ step: 'list', kind: 'status', times: always })
    const probe = createProbe(react, studio)
    await mount(react.createElement(probe.Probe))
    await react.act(() => probe.now.start(operation, input))
    expect(probe.now).toMatchObject({ state: 'failed', error: { payment: 'unknown' } })
    sandbox.faults.clear()
    const output = await react.act(() => probe.now.start(operation, { prompt: 'something else' }))
    expect(probe.now.state).toBe('done')
    expect(output?.receipt.usd).toBe('0.136')
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
