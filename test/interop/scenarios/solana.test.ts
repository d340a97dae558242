// Payments on Solana: our client against the sandbox, and against the real router and facilitator on Solana's own machine.
import { describe, expect, test } from 'vitest'
import { solana, solanaKey } from '../../../src/entries/solana.ts'
import { type ClientOptions, StableStudioClient } from '../../../src/index.ts'
import { secret } from '../../support/solana-secret.ts'
import { see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { challenge, input, path, post } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()
const operation = 'nano-banana/generate'

async function setup(stack: Stack, usd = '1', options: ClientOptions = {}) {
  const account = await solanaKey(await secret())
  stack.solana.named.set(account.address, 'payer')
  if (usd !== '0') await stack.solana.fund(account.address, usd)
  const { url } = stack
  const studio = new StableStudioClient({
    payWith: [solana({ account, rpc: stack.solana.rpcUrl })],
    baseUrl: url,
    origin: url,
    blobUrl: `${url}/api/blob/`,
    ...options,
  })
  return { studio, account, books: () => books(stack, studio, account.address) }
}

async function books(stack: Stack, studio: StableStudioClient, payer: string) {
  const attempts = await all(studio.payments())
  const jobs = await all(studio.jobs.list())
  return {
    balance: await stack.solana.balance(payer),
    settlements: (await stack.solana.settlements(payer)).map(({ memo }) => memo?.length),
    attempts: attempts.map(({ state, usd, receipt }) => ({ state, usd, paid: receipt?.usd })),
    jobs: jobs.map(({ type, input: asked }) => ({ type, asked })),
    isBound: attempts.every(({ jobId }) => jobId === undefined || jobs.some(({ id }) => id === jobId)),
  }
}

async function all<value>(values: AsyncIterable<value>): Promise<value[]> {
  const list: value[] = []
  for await (const value of values) list.push(value)
  return list
}

async function told(promise: Promise<unknown>) {
  const error = await promise.then(
    () => new Error('nothing went wrong'),
    (thrown) => thrown,
  )
  const { name, code, category, payment, safeToRetry, reason } = error
  return { name, code, category, payment, safeToRetry, reason }
}

const paidOnce = { balance: '0.93', settlements: [32], isBound: true }

describe('a generation on Solana', () => {
  test('goes from prompt to picture for its price', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack)
      const quote = await studio.quote(operation, input)
      const image = await studio.run(operation, input)
      const bytes = await image.bytes()
      const { kind, receipt } = image
      return { price: quote.usd, kind, receipt, magic: [...bytes.slice(1, 4)], ...(await books()) }
    })
    expect(seen).toMatchObject({
      ...paidOnce,
      price: '0.07',
      magic: [0x50, 0x4e, 0x47],
      receipt: { payer: '{payer}', transaction: '{64 bytes in base58}' },
    })
  })

  test('with files pays the ticket and the picture from one account', async () => {
    const seen = await same(async (stack) => {
      const { studio } = await setup(stack)
      const upload = await studio.upload(
        new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1)], { type: 'image/png' }),
      )
      return { usd: upload.receipt?.usd, asset: upload.receipt?.asset }
    })
    expect(seen).toMatchObject({ usd: '0.01', asset: 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v' })
  })

  test('whose answer is lost is found, and paid once', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack)
      stack.cutNextPaidAnswer()
      const image = await studio.run(operation, input)
      return { kind: image.kind, ...(await books()) }
    })
    expect(seen).toMatchObject({ ...paidOnce, kind: 'image' })
  })

  test('whose settlement is charged, but said to have failed, is found, and paid once', async () => {
    const seen = await same(async (stack) => {
      const { studio, books } = await setup(stack)
      const restore = stack.failSettlements('charged')
      const job = await studio.submit(operation, input)
      restore()
      return { found: job.id !== '', ...(await books()) }
    })
    expect(seen).toMatchObject({ ...paidOnce, found: true })
  })

  test('that the account cannot pay lacks funds', async () => {
    const seen = await same(async (stack) => {
      const some = await setup(stack, '0.05')
      const none = await setup(stack, '0')
      return {
        some: await told(some.studio.run(operation, input)),
        none: await told(none.studio.run(operation, input)),
        ...(await some.books()),
      }
    })
    const poor = { name: 'WalletError', code: 'insufficient_funds', payment: 'rejected' }
    expect(seen).toMatchObject({ some: poor, none: poor, balance: '0.05', settlements: [], jobs: [] })
  })

  test('that the account cannot pay lacks funds, without a node, too', async () => {
    const seen = await same(async (stack) => {
      const { account } = await setup(stack, '0')
      const { url } = stack
      const studio = new StableStudioClient({ payWith: [solana({ account })], baseUrl: url, origin: url })
      const { code } = await told(studio.run(operation, input))
      // The real router repeats its first blockhash for ever; without a node, that is refused once it is old.
      return ['payment_rejected', 'offer_expired'].includes(code)
    })
    expect(seen).toBe(true)
  })
})

describe('a payment that was made', () => {
  test('and is sent again by hand moves no money again', async () => {
    const seen = await same(async (stack) => {
      let kept: Headers | undefined
      const keep: typeof fetch = (request, init) => {
        const headers = new Headers(init?.headers)
        if (headers.has('payment-signature')) kept = headers
        return fetch(request, init)
      }
      const { studio, account } = await setup(stack, '1', { fetch: keep })
      await studio.submit(operation, input)
      const header = kept?.get('payment-signature') ?? ''
      await see(stack, path, post({ ...input, aspectRatio: '1:1' }, { 'payment-signature': header }))
      return stack.solana.balance(account.address)
    })
    expect(seen).toBe('0.93')
  })
})

describe('the offer on Solana', () => {
  test('is the same', async () => {
    const offer = await same(async (stack) => (await challenge(stack)).accepts[1])
    expect(offer).toMatchObject({ scheme: 'exact', extra: { feePayer: '{fee payer}' } })
  })
})
