// An instant sandbox: whole generations without a timer, in real time and under clocks that stand still or leap.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { StableStudioClient } from '../../../src/client.ts'
import type { ClientOptions } from '../../../src/config.ts'
import { mpp } from '../../../src/entries/mpp.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { instantKey, instantOf } from '../../../src/internal/time.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import { counted, played, useTestClock } from '../../support/clock.ts'
import { failure } from '../../support/studio.ts'
import { setup } from './kit.ts'

const operations = ['gpt-image-1.5/generate', 'veo-3.1-fast/generate'] as const
const input = { prompt: 'a lighthouse at dusk' }

function instant(options: ClientOptions = {}) {
  const { sandbox, wallet } = setup({ instant: true, clock: undefined }, '100')
  const connect = () => new StableStudioClient({ wallet, fetch: sandbox.fetch, ...options })
  return { sandbox, wallet, connect, studio: connect() }
}

/** Every timer that is set meanwhile. */
function spies() {
  const names = ['setTimeout', 'setInterval', 'setImmediate'] as const
  const set = names.map((name) => vi.spyOn(globalThis, name))
  return () => set.flatMap(({ mock }) => mock.calls)
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a generation on an instant sandbox', () => {
  test.each(operations)('%s looks once, sets no timer, and waits for nothing', async (operation) => {
    const { studio, sandbox } = instant()
    await studio.run(operation, input)
    const timers = spies()
    const before = sandbox.requests().length
    const output = await studio.run(operation, input)
    expect((await output.bytes()).length).toBeGreaterThan(100)
    expect(timers()).toEqual([])
    const asked = sandbox.requests().slice(before)
    expect(asked.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 402',
      'POST 200',
      'GET 200',
      'GET 200',
    ])
    expect(sandbox.settlements()).toHaveLength(2)
  })

  test('works while fake timers stand still, many at once too', async () => {
    vi.useFakeTimers()
    const { studio, sandbox } = instant({ approve: async () => true })
    const runs = Array.from({ length: 20 }, () => studio.run('flux-2-pro/generate', input))
    expect(new Set((await Promise.all(runs)).map(({ url }) => url)).size).toBe(20)
    expect(sandbox.settlements()).toHaveLength(20)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not hang or time out under clocks that run all timers, or leap', async () => {
    vi.useFakeTimers()
    const { studio, sandbox } = instant()
    const first = studio.run('grok/generate', input, { timeout: 1_000 })
    await vi.runAllTimersAsync()
    await first
    let over = false
    const second = studio.run('grok/generate', input, { timeout: 1_000 }).finally(() => {
      over = true
    })
    for (let leaps = 0; leaps < 1_000 && !over; leaps += 1) await vi.advanceTimersByTimeAsync(3_600_000)
    await second
    expect(sandbox.settlements()).toHaveLength(2)
  })

  test('uploads its files, and pays by MPP', async () => {
    vi.useFakeTimers()
    const { studio, sandbox, wallet } = instant()
    const image = Uint8Array.from(await (await studio.run('grok/generate', input)).bytes())
    await studio.run('grok/edit', { ...input, images: [image] })
    sandbox.fund(wallet.address, '5', 'eip155:4217')
    const method = mpp({
      account: wallet,
      rpcUrl: 'https://stablestudio.dev/rpc/tempo',
      fetch: sandbox.fetch,
    })
    const byMpp = new StableStudioClient({ payWith: [method], fetch: sandbox.fetch })
    await byMpp.run('grok/generate', input)
    await byMpp.run('grok/generate', input)
    expect(sandbox.settlements()).toHaveLength(5)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('stops its clock for a call, and follows the time again after it', async () => {
    vi.useFakeTimers()
    const { studio, sandbox } = instant({
      approve: () => {
        vi.setSystemTime(Date.now() + 86_400_000)
        sandbox.clock.advance(1_000)
        return true
      },
    })
    const before = sandbox.clock.now()
    const output = await studio.run('grok/generate', input)
    expect(Date.parse(output.receipt?.settledAt ?? '') || sandbox.clock.now()).toBeGreaterThan(before)
    expect(sandbox.jobs()[0]?.createdAt).toBe(new Date(before + 1_000).toISOString())
    expect(sandbox.clock.now() - before).toBe(86_401_000)
  })
})

describe('what goes wrong on an instant sandbox', () => {
  test('a lost request is paid by a replay of the same bytes', async () => {
    vi.useFakeTimers()
    const { studio, sandbox } = instant()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before' })
    await studio.run('grok/generate', input)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  test.each(['reset-after', 'no-answer', 'slow', 'settlement-failed-charged'] as const)(
    'a payment whose answer is lost (%s) is made once',
    async (kind) => {
      vi.useFakeTimers()
      const { studio, sandbox } = instant()
      sandbox.faults.add({ step: 'pay', kind })
      await studio.run('grok/generate', input)
      expect(sandbox.settlements()).toHaveLength(1)
    },
  )

  test('prices, downloads and looks are repeated at once', async () => {
    vi.useFakeTimers()
    const { studio, sandbox } = instant()
    for (const step of ['quote', 'poll', 'output'] as const) sandbox.faults.add({ step, kind: 'status' })
    await (await studio.run('grok/generate', input)).bytes()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a job that never ends uses up the time limit of the call, and no time', async () => {
    vi.useFakeTimers()
    const { studio, sandbox } = instant()
    sandbox.faults.add({ step: 'poll', kind: 'unknown-state', times: Number.POSITIVE_INFINITY })
    const error = await failure(studio.run('grok/generate', input))
    expect(error).toMatchObject({ name: 'JobTimeoutError', payment: 'settled' })
    sandbox.faults.clear()
    const { job } = error as { job: Parameters<typeof studio.wait>[0] }
    await studio.wait(job)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  test('recover() waits out the lease of what another process has given up, in no time', async () => {
    vi.useFakeTimers()
    const store = memoryStore()
    const { connect, sandbox } = instant({ store })
    const lost = { step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY } as const
    sandbox.faults.add(lost)
    const studio = connect()
    expect(await failure(studio.run('grok/generate', input))).toMatchObject({ payment: 'unknown' })
    expect(sandbox.settlements()).toHaveLength(0)
    sandbox.faults.clear()
    expect(await connect().recover()).toMatchObject([{ outcome: 'replayed' }])
    expect(await studio.recover()).toEqual([])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  test('two calls with one key pay once, and leave each other time', async () => {
    const turn = setImmediate
    vi.useFakeTimers()
    const approve = async () => {
      for (let turns = 0; turns < 100; turns += 1) await new Promise((resolve) => turn(resolve))
      return true
    }
    const { connect, sandbox } = instant({ store: memoryStore(), approve })
    const options = { idempotencyKey: 'order 7' }
    const both = [connect(), connect()].map((studio) => studio.run('grok/generate', input, options))
    const [first, second] = await Promise.all(both)
    expect(first?.jobId).toBe(second?.jobId)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  test('a client of a stubbed global fetch stays with the sandbox when the stub is gone', async () => {
    const { sandbox, wallet } = instant()
    vi.stubGlobal('fetch', sandbox.fetch)
    const studio = new StableStudioClient({ wallet })
    await studio.quote('grok/generate', input)
    vi.stubGlobal('fetch', () => expect.fail('left the sandbox'))
    await studio.run('grok/generate', input)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  test('a call can be aborted', async () => {
    const { studio } = instant()
    const signal = AbortSignal.abort()
    expect(await failure(studio.run('grok/generate', input, { signal }))).toMatchObject({ code: 'aborted' })
  })
})

describe('the mark of an instant sandbox', () => {
  useTestClock()

  test('is on its own fetch alone: any other client keeps to the published interval', async () => {
    const { sandbox, wallet } = instant()
    expect(instantOf(sandbox.fetch)).toBeDefined()
    expect(instantOf(createSandbox().fetch)).toBeUndefined()
    const looks: number[] = []
    const wrapped: typeof fetch = (request, init) => {
      if (String(request).includes('/api/jobs/')) looks.push(Date.now())
      // Whatever a service answers, it cannot mark the client's fetch.
      const mark = { [instantKey]: instantOf(sandbox.fetch) }
      return sandbox.fetch(request, init).then((answer) => Object.assign(answer, mark))
    }
    const studio = new StableStudioClient({ wallet, fetch: counted(wrapped) })
    const began = Date.now()
    await played(studio.run('gpt-image-1.5/generate', input))
    expect((looks[0] ?? 0) - began).toBeGreaterThan(5_000)
  })
})
