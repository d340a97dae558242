// Our own client against both: the whole way from prompt to picture, and what it makes of failures around the payment.
import { describe, expect, test } from 'vitest'
import { type ClientOptions, memoryStore, StableStudioClient, x402 } from '../../../src/index.ts'
import { onBoth } from '../support/same.ts'
import { input } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()
const operation = 'nano-banana/generate'

type Told = { name: string; code?: string; category?: string; payment?: string; safeToRetry?: boolean }

async function setup(stack: Stack, usd = '1', options: ClientOptions = {}) {
  const wallet = await stack.wallet('payer', usd)
  const { url } = stack
  const studio = new StableStudioClient({
    wallet,
    baseUrl: url,
    origin: url,
    payWith: [x402({ rpc: stack.rpcUrl })],
    blobUrl: `${url}/api/blob/`,
    ...options,
  })
  const events: string[] = []
  for (const name of ['payment.settled', 'payment.rejected', 'payment.unknown', 'job.created'] as const) {
    studio.on(name, () => events.push(name))
  }
  return { studio, wallet, events, books: () => books(stack, studio, wallet.address) }
}

async function books(stack: Stack, studio: StableStudioClient, payer: `0x${string}`) {
  const settled = await stack.settlements(payer)
  const attempts = await all(studio.payments())
  const jobs = await all(studio.jobs.list())
  return {
    balance: await stack.balance(payer),
    settlements: settled.map(({ amount }) => amount),
    attempts: attempts.map(({ state, usd, receipt }) => ({ state, usd, paid: receipt?.usd })),
    jobs: jobs.map(({ type, input: asked }) => ({ type, asked })),
    /** Whether what was paid for is what the client holds. */
    isBound: attempts.every(({ jobId }) => jobId === undefined || jobs.some(({ id }) => id === jobId)),
  }
}

async function all<value>(values: AsyncIterable<value>): Promise<value[]> {
  const list: value[] = []
  for await (const value of values) list.push(value)
  return list
}

async function told(promise: Promise<unknown>): Promise<Told> {
  const error = await promise.then(
    () => new Error('nothing went wrong'),
    (thrown) => thrown,
  )
  const { name, code, category, payment, safeToRetry } = error
  return { name, code, category, payment, safeToRetry }
}

const paidOnce = { balance: '0.93', settlements: ['70000'], isBound: true }

describe('a generation', () => {
  test('goes from prompt to picture for its price', async () => {
    const seen = await same(async (stack) => {
      const { studio, books, events } = await setup(stack)
      const quote = await studio.quote(operation, input)
      const image = await studio.run(operation, input)
      const { url, kind, receipt } = image
      const bytes = await image.bytes()
      return {
        price: quote.usd,
        url,
        kind,
        receipt,
        magic: [...bytes.slice(1, 4)],
        events,
        ...(await books()),
      }
    })
    expect(seen).toMatchObject({
      price: '0.07',
      url: '{origin}/generated/{uuid}.png',
      kind: 'image',
      receipt: { usd: '0.07', payer: '{payer}', network: 'eip155:8453', transaction: '{32 bytes}' },
      magic: [0x50, 0x4e, 0x47],
      events: ['payment.settled', 'job.created'],
      attempts: [{ state: 'settled' }],
      jobs: [{ type: 'nano-banana-generate' }],
      ...paidOnce,
    })
  })

  test('under one key is paid once, however often it is asked for', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack)
      const ask = () => studio.submit(operation, input, { idempotencyKey: 'one' })
      const jobs = [...(await Promise.all([ask(), ask(), ask()])), await ask()]
      return { jobs: new Set(jobs.map(({ id }) => id)).size, books: await books() }
    })
    expect(seen).toMatchObject({ jobs: 1, books: paidOnce })
  })

  test('of a wallet without money is refused, and nothing is charged', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack, '0.05')
      return { error: await told(studio.submit(operation, input)), ...(await books()) }
    })
    expect(seen).toMatchObject({
      error: { name: 'WalletError', code: 'insufficient_funds', payment: 'rejected', safeToRetry: true },
      balance: '0.05',
      settlements: [],
      jobs: [],
    })
  })

  test('that fails on moderation is paid, says so, and can be deleted', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack)
      const job = await studio.submit(operation, { prompt: 'moderated-content' })
      const error = await told(studio.wait(job))
      await studio.jobs.delete(job.id)
      return { error, ...(await books()) }
    })
    expect(seen).toMatchObject({
      error: { name: 'JobFailedError', payment: 'settled', safeToRetry: false },
      settlements: ['70000'],
      jobs: [],
    })
  })
})

describe('when the answer to the payment is lost', () => {
  test.each([
    ['and the chain can be asked', {}],
    ['and there is only the job list', { payWith: undefined }],
  ])('%s, the job is found and paid for once', async (_what, options: ClientOptions) => {
    const seen = await same(async (stack) => {
      const { studio, books, events } = await setup(stack, '1', options)
      stack.cutNextPaidAnswer()
      const image = await studio.run(operation, input)
      return { url: image.url, usd: image.receipt.usd, events, ...(await books()) }
    })
    expect(seen).toMatchObject({
      url: '{origin}/generated/{uuid}.png',
      usd: '0.07',
      events: ['payment.unknown', 'payment.settled', 'job.created'],
      attempts: [{ state: 'settled', paid: '0.07' }],
      ...paidOnce,
    })
  })

  test('and the process with it, the next one finds the job', async () => {
    const seen = await same(async (stack) => {
      const store = memoryStore()
      const gone = new AbortController()
      const first = await setup(stack, '1', { store })
      first.studio.on('payment.unknown', () => gone.abort())
      stack.cutNextPaidAnswer()
      const error = await told(first.studio.submit(operation, input, { signal: gone.signal }))
      const { url } = stack
      const second = new StableStudioClient({ ...{ wallet: first.wallet, store }, baseUrl: url, origin: url })
      const recovered = await second.recover()
      const outcomes = recovered.map(({ outcome, job }) => ({ outcome, hasJob: job !== undefined }))
      const image = recovered[0]?.job && (await second.wait(recovered[0].job))
      return { error, outcomes, image: image?.url, ...(await books(stack, second, first.wallet.address)) }
    })
    expect(seen).toMatchObject({
      error: { code: 'aborted', payment: 'unknown' },
      outcomes: [{ outcome: 'job-found', hasJob: true }],
      image: '{origin}/generated/{uuid}.png',
      ...paidOnce,
    })
  })
})

describe('when the settlement is said to have failed', () => {
  test('but the money moved, the job is found and paid for once', async () => {
    const seen = await same(async (stack) => {
      const { studio, books, events } = await setup(stack)
      const mend = stack.failSettlements('charged')
      studio.on('payment.unknown', mend)
      const job = await studio.submit(operation, input)
      return { usd: job.receipt.usd, events, ...(await books()) }
    })
    expect(seen).toMatchObject({
      usd: '0.07',
      events: ['payment.unknown', 'payment.settled', 'job.created'],
      ...paidOnce,
    })
  })

  test('and no money moved, the job is handed out and counts as paid: the payment could still be taken', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack)
      const mend = stack.failSettlements('refused')
      studio.on('payment.unknown', mend)
      const { receipt } = await studio.submit(operation, input)
      return { receipt, ...(await books()) }
    })
    expect(seen).toMatchObject({
      balance: '1',
      settlements: [],
      attempts: [{ state: 'settled', usd: '0.07' }],
      isBound: true,
    })
    expect(seen.receipt.transaction).toBeUndefined()
  })
})

test('a handler that fails once is asked again with the same payment', async () => {
  const seen = await same(async (stack) => {
    const { studio, books, events } = await setup(stack)
    const mend = stack.failHandlers(503)
    studio.on('payment.unknown', mend)
    await studio.submit(operation, input)
    return { events, ...(await books()) }
  })
  expect(seen).toMatchObject({ events: ['payment.unknown', 'payment.settled', 'job.created'], ...paidOnce })
})

test('an upload is paid for once, and its file confirmed', async () => {
  const seen = await same(async (stack) => {
    const { studio, wallet } = await setup(stack)
    const file = new File([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)], 'cat.png', {
      type: 'image/png',
    })
    const first = await studio.upload(file)
    const { id, receipt, ...again } = await studio.upload(file)
    const settled = await stack.settlements(wallet.address)
    return { first, isSame: id === first.id, receipt, again, amounts: settled.map(({ amount }) => amount) }
  })
  expect(seen).toMatchObject({
    first: { filename: 'cat.png', mediaType: 'image/png', receipt: { usd: '0.01' } },
    isSame: true,
    amounts: ['10000'],
  })
})
