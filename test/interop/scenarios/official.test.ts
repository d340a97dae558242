// The clients of others: they pay both services, and the sandbox without a port too.

import { ExactEvmScheme } from '@x402/evm'
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { evm, Mppx } from 'mppx/client'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { onBoth } from '../support/same.ts'
import { input, path, post, signIn } from '../support/sign.ts'
import { price } from '../support/stack.ts'

const same = onBoth()

type Fetch = typeof globalThis.fetch

const clients: [name: string, wrap: (fetch: Fetch, account: PrivateKeyAccount) => Fetch][] = [
  [
    '@x402/fetch',
    (fetch, account) => {
      const client = new x402Client().register('eip155:8453', new ExactEvmScheme(account))
      return wrapFetchWithPayment(fetch, client) as Fetch
    },
  ],
  [
    'mppx',
    (fetch, account) =>
      Mppx.create({
        fetch,
        polyfill: false,
        methods: [evm({ account, currencies: [evm.assets.base.USDC], maxAmount: '1', networks: [8453] })],
      }).fetch as Fetch,
  ],
]

describe.each(clients)('%s', (_name, wrap) => {
  test('pays over HTTP', async () => {
    const seen = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const response = await wrap(fetch, payer)(`${stack.url}${path}`, post(input))
      const { jobId, status } = await response.json()
      const job = await fetch(`${stack.url}/api/jobs/${jobId}`, {
        headers: { 'sign-in-with-x': await signIn(stack, payer) },
      })
      const settlements = await stack.settlements(payer.address)
      return {
        answer: [response.status, status],
        receipt: decodePaymentResponseHeader(response.headers.get('payment-response') ?? ''),
        job: [job.status, (await job.json()).input],
        paid: settlements.map(({ to, amount }) => ({ to, amount })),
        balance: await stack.balance(payer.address),
      }
    })
    expect(seen).toMatchObject({
      answer: [200, 'pending'],
      receipt: { success: true, payer: '{payer}' },
      job: [200, { ...input, model: 'nano-banana' }],
      paid: [{ amount: '70000' }],
      balance: '0.93',
    })
  })

  test('pays through sandbox.fetch', async () => {
    const payer = privateKeyToAccount(generatePrivateKey())
    const sandbox = createSandbox({ price })
    sandbox.fund(payer.address, '1')
    const response = await wrap(sandbox.fetch, payer)(`https://stablestudio.dev${path}`, post(input))
    expect(response.status).toBe(200)
    const { jobId } = await response.json()
    expect(sandbox.jobs()).toMatchObject([{ id: jobId, owner: payer.address }])
    expect(sandbox.settlements()).toMatchObject([{ from: payer.address, usd: '0.07', jobId }])
    expect(sandbox.balance(payer.address)).toBe('0.93')
  })
})
