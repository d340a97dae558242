// Payments that are taken: once, whatever is sent twice, and whatever fails around them.
import { describe, expect, test } from 'vitest'
import { type Seen, see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { challenge, input, path, pay, post, signIn } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()

/** Pays with one header as often as asked, one request after another. */
async function present(stack: Stack, header: string, times: number): Promise<Seen[]> {
  const seen: Seen[] = []
  for (let at = 0; at < times; at += 1) {
    seen.push(await see(stack, path, post(input, { 'payment-signature': header })))
  }
  return seen
}

async function books(stack: Stack, name: string) {
  const payer = stack.wallets.get(name)
  if (!payer) throw new Error(name)
  const headers = { 'sign-in-with-x': await signIn(stack, payer) }
  const { items } = await (await fetch(`${stack.url}/api/jobs`, { headers })).json()
  const settlements = await stack.settlements(payer.address)
  return {
    balance: await stack.balance(payer.address),
    settlements: settlements.map(({ to, amount }) => ({ to, amount })),
    jobs: items.length,
  }
}

async function prepare(stack: Stack): Promise<string> {
  return pay(await challenge(stack), await stack.wallet('payer', '1'))
}

const once = { balance: '0.93', settlements: [{ to: expect.any(String), amount: '70000' }] }

describe('a payment', () => {
  test('is settled, and answered with its receipt and its job', async () => {
    const { seen, ...rest } = await same(async (stack) => {
      const header = await prepare(stack)
      return { seen: await present(stack, header, 1), ...(await books(stack, 'payer')) }
    })
    expect(seen[0]).toMatchObject({
      status: 200,
      headers: { 'payment-response': { success: true, network: 'eip155:8453' }, 'cache-control': 'private' },
      body: { success: true, status: 'pending', type: 'nano-banana-generate' },
    })
    expect(rest).toEqual({ ...once, jobs: 1 })
  })

  test('that comes again is refused, whatever it says of the first time', async () => {
    const { seen, ...rest } = await same(async (stack) => {
      const header = await prepare(stack)
      return { seen: await present(stack, header, 3), ...(await books(stack, 'payer')) }
    })
    expect(seen.map(({ status }) => status)).toEqual([200, 402, 402])
    expect(seen[1]?.body).toMatchObject({ reason: 'invalid_exact_evm_nonce_already_used' })
    expect(rest).toEqual({ ...once, jobs: 1 })
  })

  test('may spell its payer in lower case, and come in the older header', async () => {
    const { seen } = await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const from = payer.address.toLowerCase() as `0x${string}`
      const header = await pay(await challenge(stack), payer, { authorization: { from } })
      return { seen: await see(stack, path, post(input, { 'x-payment': header })) }
    })
    expect(seen.status).toBe(200)
  })

  test('may leave out what it need not echo', async () => {
    const { seen } = await same(async (stack) => {
      const header = await pay(await challenge(stack), await stack.wallet('payer', '1'), {
        payload: ({ resource: _resource, extensions: _extensions, ...whole }) => whole,
      })
      return { seen: await present(stack, header, 1) }
    })
    expect(seen[0]?.status).toBe(200)
  })

  test('of exactly what a wallet has is taken', async () => {
    const { seen, balance } = await same(async (stack) => {
      const payer = await stack.wallet('payer', '0.07')
      const header = await pay(await challenge(stack), payer)
      return { seen: await present(stack, header, 1), balance: await stack.balance(payer.address) }
    })
    expect([seen[0]?.status, balance]).toEqual([200, '0'])
  })
})

describe('when the handler fails', () => {
  test.each([503, 500, 400])(
    'with %d, nothing is charged, and the same payment is good later',
    async (status) => {
      const { failed, after, later, ...rest } = await same(async (stack) => {
        const header = await prepare(stack)
        const mend = stack.failHandlers(status)
        const failed = await present(stack, header, 2)
        mend()
        const after = await books(stack, 'payer')
        const later = await present(stack, header, 1)
        return { failed, after, later, ...(await books(stack, 'payer')) }
      })
      expect(failed.map((seen) => seen.status)).toEqual([status, status])
      expect(failed[0]?.headers['payment-response']).toBeUndefined()
      expect(after).toEqual({ balance: '1', settlements: [], jobs: 0 })
      expect(later[0]?.status).toBe(200)
      expect(rest).toEqual({ ...once, jobs: 1 })
    },
  )
})

describe('when the settlement fails', () => {
  test('without a transfer, there is a job, no money moved, and the same payment makes a second job', async () => {
    const { seen, after, later, ...rest } = await same(async (stack) => {
      const header = await prepare(stack)
      const mend = stack.failSettlements('refused')
      const seen = await present(stack, header, 1)
      mend()
      const after = await books(stack, 'payer')
      const later = await present(stack, header, 1)
      return { seen, after, later, ...(await books(stack, 'payer')) }
    })
    expect(seen[0]).toMatchObject({ status: 500, body: { success: false, error: 'Settlement failed' } })
    expect(after).toEqual({ balance: '1', settlements: [], jobs: 1 })
    expect(later[0]?.status).toBe(200)
    expect(rest).toEqual({ ...once, jobs: 2 })
  })

  test('after the transfer, the answer is the same and the money is gone', async () => {
    const { seen, after, later, ...rest } = await same(async (stack) => {
      const header = await prepare(stack)
      const mend = stack.failSettlements('charged')
      const seen = await present(stack, header, 1)
      mend()
      const after = await books(stack, 'payer')
      const later = await present(stack, header, 1)
      return { seen, after, later, ...(await books(stack, 'payer')) }
    })
    expect(seen[0]).toMatchObject({ status: 500, body: { success: false, error: 'Settlement failed' } })
    expect(after).toEqual({ ...once, jobs: 1 })
    expect(later[0]?.body).toMatchObject({ reason: 'invalid_exact_evm_nonce_already_used' })
    expect(rest).toEqual({ ...once, jobs: 1 })
  })
})
