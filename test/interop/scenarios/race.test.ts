// One payment sent twice at once: both are verified, both make a job, and the chain takes one.
import { expect, test } from 'vitest'
import { see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { challenge, input, path, pay, post, signIn } from '../support/sign.ts'

const same = onBoth({ sandbox: { settleMs: 3_000 } })

test('is charged once, and one of the two is told that the settlement failed', async () => {
  const seen = await same(async (stack) => {
    const payer = await stack.wallet('payer', '1')
    const header = await pay(await challenge(stack), payer)
    stack.gatherPayments(2)
    const send = () => see(stack, path, post(input, { 'payment-signature': header }))
    const answers = await Promise.all([send(), send()])
    const headers = { 'sign-in-with-x': await signIn(stack, payer) }
    const { items } = await (await fetch(`${stack.url}/api/jobs`, { headers })).json()
    const settlements = await stack.settlements(payer.address)
    return {
      answers: answers.sort((a, b) => a.status - b.status),
      jobs: items.length,
      settlements: settlements.map(({ amount }) => amount),
      balance: await stack.balance(payer.address),
    }
  })
  expect(seen).toMatchObject({
    answers: [{ status: 200 }, { status: 500, body: { error: 'Settlement failed' } }],
    jobs: 2,
    settlements: ['70000'],
    balance: '0.93',
  })
})
