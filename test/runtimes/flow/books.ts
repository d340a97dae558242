// The flow's second half: a lost answer, the ledger, and errors across two copies of the package.
import { all, type Check, connect, control, equal, failure, holds, type Stage } from './rig.ts'

const order = ['grok/generate', { prompt: 'a harbour in fog' }] as const

/** The answer to the payment is cut off and the job list is down; another client on the same store collects the job. */
async function recover({ rig, wallet, studio }: Stage) {
  const before = (await control(rig)).settlements.length
  await control(rig, { fault: { step: 'list', kind: 'status', times: 1_000 } })
  await control(rig, { fault: { step: 'pay', kind: 'reset-after' } })
  const stop = new AbortController()
  const off = studio.on('payment.unknown', () => stop.abort())
  const error = await failure(studio.submit(...order, { signal: stop.signal }))
  off()
  await control(rig, { clear: true })
  equal([error.payment, error.job], ['unknown', undefined], 'after the cut')
  const other = connect(rig, { wallet })
  const recoveries = await other.recover()
  equal(
    recoveries.map(({ outcome, attempt }) => [outcome, attempt.id]),
    [['job-found', error.attemptId]],
    'recover()',
  )
  const [{ job } = { job: undefined }] = recoveries
  holds(job !== undefined, 'no job')
  if (job) equal((await other.wait(job)).kind, 'image', 'the recovered job')
  equal((await control(rig)).settlements.length, before + 1, 'settlements')
  equal(await other.recover(), [], 'recover() again')
}

/** Same key, another client on the same store: one payment. */
async function idempotency({ rig, wallet, studio }: Stage) {
  const before = (await control(rig)).settlements.length
  const options = { idempotencyKey: 'order-1' }
  const [first, second] = await Promise.all([
    studio.submit(...order, options),
    connect(rig, { wallet }).submit(...order, options),
  ])
  equal(first.id, second.id, 'the job of one key')
  equal((await control(rig)).settlements.length, before + 1, 'settlements')
}

/** What the client booked is what the server was paid. */
async function payments({ rig, studio }: Stage) {
  const attempts = await all(studio.payments())
  const paid = attempts.filter(({ state }) => state === 'settled')
  const others = attempts.filter(({ state }) => state !== 'settled').map(({ state }) => state)
  // Those that a limit and an approval refused, and one more where two calls with one key both reserved.
  holds(others.length >= 2 && others.every((state) => state === 'released'), `not settled: ${others}`)
  const sum = (amounts: string[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n).toString()
  const { settlements } = await control(rig)
  const booked = sum(paid.map(({ receipt }) => receipt?.amount ?? '0'))
  equal(
    [paid.length, booked],
    [settlements.length, sum(settlements.map(({ amount }) => amount))],
    'the books',
  )
  equal(new Set(settlements.map(({ nonce }) => nonce)).size, settlements.length, 'nonces')
}

/** ESM and CommonJS copies have different classes; the brand is the same. */
async function brand({ rig: { core, other } }: Stage) {
  for (const [here, there] of [
    [core, other],
    [other, core],
  ] as const) {
    const error = await failure(new here.StableStudioClient().run(...order))
    holds(!(error instanceof there.StableStudioError), 'these are not two copies')
    holds(error instanceof here.StableStudioError, 'not of its own class')
    holds(there.isStableStudioError(error), 'not known by its brand')
    equal(error.code, 'wallet_missing', 'the code')
  }
}

/** The protocol's parts by themselves, on a raw 402. */
async function primitives({ rig }: Stage) {
  const body = JSON.stringify(order[1])
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${rig.baseUrl}/api/generate/${order[0]}`, { method: 'POST', body, headers })
  equal(response.status, 402, 'the status')
  const challenge = rig.x402.decodePaymentRequired(response.headers.get('payment-required') ?? '')
  const [offer] = challenge.accepts as readonly { amount?: string; asset?: string }[]
  equal([offer?.amount, offer?.asset], ['70000', rig.x402.assetOf('eip155:8453')?.address], 'the offer')
  holds(typeof rig.siwx.createSignInProof === 'function', 'no createSignInProof')
}

export const bookChecks: Check[][] = [
  [['recover', recover]],
  [['idempotency', idempotency]],
  [['payments', payments]],
  [
    ['error brand', brand],
    ['primitives', primitives],
  ],
]
