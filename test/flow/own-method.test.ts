// A way to pay of your own: a `PaymentMethod` written from nothing but what the package exports.
import {
  memoryStore,
  type PaymentMethod,
  type PreparedPayment,
  SignInError,
  StableStudioClient,
  x402,
} from 'stablestudio'
import { createSandbox, type Sandbox } from 'stablestudio/sandbox'
import { answerSignInChallenge } from 'stablestudio/siwx'
import {
  authorizationTypedData,
  createAuthorization,
  decodePaymentRequired,
  decodePaymentResponse,
  type ExactOffer,
  encodeExactPayment,
  selectExactOffer,
} from 'stablestudio/x402'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

/** Pays x402 offers from an account that the client's `wallet` knows nothing of, through a purse's own header. */
function purse(account: PrivateKeyAccount, isSpent: (nonce: string) => Promise<boolean>): PaymentMethod {
  return {
    id: 'purse',
    protocol: 'purse',
    account: { address: account.address, prompts: false },

    select({ headers, resources }) {
      const header = headers.get('payment-required')
      if (!header) return undefined
      const exact = selectExactOffer(decodePaymentRequired(header), { resources })
      const { amount, network, payTo, asset, validitySeconds } = exact
      return {
        offer: {
          protocol: 'purse',
          amount,
          network,
          payTo,
          asset: asset.address,
          validityMs: validitySeconds * 1000,
        },
        prepare: (_wallet, now) => prepare(exact, now),
      }
    },

    settlement(headers) {
      const response = decodePaymentResponse(headers.get('payment-response'))
      return response && { success: response.success, transaction: response.transaction }
    },

    async prove({ headers, resources: [resource = ''], now }) {
      const challenge = decodePaymentRequired(headers.get('payment-required') ?? '')
      const { origin, pathname } = new URL(resource)
      const signer = {
        address: account.address,
        signMessage: (message: string) => account.signMessage({ message }),
      }
      const context = { origin, path: pathname, now }
      const question = challenge.extensions?.['sign-in-with-x']
      return ['SIGN-IN-WITH-X', await answerSignInChallenge(signer, question, context)]
    },

    isSameAddress: (one, other) => one.toLowerCase() === other.toLowerCase(),
    isTaken: ({ nonce }) => isSpent(nonce),
  }

  /** Its nonce is recorded before `sign` is called, so that a crash never leaves a payment that nobody knows. */
  function prepare(exact: ExactOffer, now: number): PreparedPayment {
    const authorization = createAuthorization(exact, account.address, now)
    return {
      payer: account.address,
      nonce: authorization.nonce,
      validBefore: Number(authorization.validBefore),
      async sign() {
        const signature = await account.signTypedData(authorizationTypedData(exact.asset, authorization))
        return { header: ['X-Purse', encodeExactPayment(exact, authorization, signature)] }
      },
    }
  }
}

/** A gateway in front of the service, which knows the purse's header. */
const translating = (sandbox: Sandbox, seen: string[] = []): typeof fetch =>
  counted(async (target, init) => {
    const request = new Request(target, init)
    const payment = request.headers.get('x-purse')
    if (payment === null) return sandbox.fetch(request)
    seen.push(payment)
    const headers = new Headers(request.headers)
    headers.delete('x-purse')
    headers.set('payment-signature', payment)
    return sandbox.fetch(new Request(request, { headers }))
  })

function createPurse(options: { limits?: { total: string } } = {}) {
  const sandbox = createSandbox()
  const account = privateKeyToAccount(generatePrivateKey())
  sandbox.fund(account.address, '5')
  const sent: string[] = []
  const isSpent = async (nonce: string) => sandbox.settlements().some((one) => one.nonce === nonce)
  const store = memoryStore()
  const method = purse(account, isSpent)
  const studio = new StableStudioClient({
    payWith: [method],
    store,
    fetch: translating(sandbox, sent),
    ...options,
  })
  return { studio, sandbox, account, method, sent, store }
}

describe('a method of your own', () => {
  it('pays a whole generation, and signs in for its job', async () => {
    const { studio, sandbox, account } = createPurse()
    const image = await played(studio.run(operation, input))
    expect(image.receipt).toMatchObject({ usd: '0.17', payer: account.address })
    expect(image.receipt.transaction).toBe(sandbox.settlements()[0]?.transaction)
    expect(sandbox.settlements()).toMatchObject([{ from: account.address, jobId: image.jobId }])
    expect(await all(studio.payments())).toMatchObject([{ state: 'settled', jobId: image.jobId }])
  })

  it('is named by quotes and approvals', async () => {
    const { studio } = createPurse()
    expect(await played(studio.quote(operation, input))).toMatchObject({ protocol: 'purse', usd: '0.17' })
  })

  it('is held to the limits like any other', async () => {
    const { studio, sandbox } = createPurse({ limits: { total: '0.20' } })
    await played(studio.submit(operation, input))
    expect(await played(failure(studio.submit(operation, input)))).toMatchObject({ code: 'limit_total' })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays once when the answer is lost, with the same bytes', async () => {
    const { studio, sandbox, sent } = createPurse()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: 2 })
    const job = await played(studio.submit(operation, input))
    expect(sandbox.settlements()).toMatchObject([{ jobId: job.id }])
    expect(sent.length).toBeGreaterThan(1)
    expect(new Set(sent).size).toBe(1)
  })

  it('says whether a payment was taken: what was not is given back, even while no list can be read', async () => {
    const { studio, sandbox } = createPurse()
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'released' }])
    expect(sandbox.settlements()).toEqual([])
  })

  it('that was taken is neither sent again nor given back', async () => {
    const { studio, sandbox, sent } = createPurse()
    sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
    sandbox.faults.add({ step: 'list', kind: 'status', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
    expect(sent).toHaveLength(1)
    await pass(400_000)
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'job-found' }])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays beside x402 in one client, from the same address, for one and the same order', async () => {
    const { sandbox, account, method, store } = createPurse()
    const make = (payWith: PaymentMethod[]) =>
      new StableStudioClient({ wallet: account, payWith, store, fetch: translating(sandbox) })
    const order = { idempotencyKey: 'order-1' }
    const job = await played(make([method, x402()]).submit(operation, input, order))
    expect((await played(make([x402(), method]).submit(operation, input, order))).id).toBe(job.id)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('has its header hidden from errors that repeat it', async () => {
    const { studio, sandbox, sent } = createPurse()
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    const error = await played(failure(studio.submit(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'funds', payment: 'rejected' })
    sandbox.faults.add({ step: 'pay', kind: 'echo', times: Number.POSITIVE_INFINITY })
    const echoed = await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
    const shown = JSON.stringify([error, echoed, String(error), String(echoed)])
    for (const payment of sent) expect(shown).not.toContain(payment.slice(0, 60))
  })

  it('does not sign in for another service', async () => {
    const { sandbox, method } = createPurse()
    const origin = 'https://staging.example'
    const studio = new StableStudioClient({
      payWith: [method],
      origin,
      baseUrl: 'https://stablestudio.dev',
      fetch: translating(sandbox),
    })
    expect(await played(failure(studio.jobs.get('cjob1')))).toBeInstanceOf(SignInError)
  })
})

describe('a method of your own that says more', () => {
  /** Its payments live for a quarter of a minute, and its account signs in by itself. */
  function brief(): ReturnType<typeof createPurse> & { studio: StableStudioClient } {
    const made = createPurse()
    const { account, method, sandbox } = made
    const { prove: _two, ...rest } = method
    const own: PaymentMethod = {
      ...rest,
      signer: () => ({
        address: account.address,
        signMessage: (message) => account.signMessage({ message }),
      }),
      decide: (reason, text) => (reason.includes('funds') || text.includes('poor') ? 'funds' : undefined),
      select(challenge) {
        const selected = method.select(challenge)
        if (!selected) return undefined
        const prepare: typeof selected.prepare = (wallet, now) => {
          const prepared = selected.prepare(wallet, now)
          const sign: typeof prepared.sign = async (deadline) => ({
            ...(await prepared.sign(deadline)),
            sendBefore: now + 15_000,
          })
          return { ...prepared, sign }
        }
        return { ...selected, prepare, freshForMs: 10_000 }
      },
    }
    return {
      ...made,
      studio: new StableStudioClient({ payWith: [own], fetch: translating(sandbox, made.sent) }),
    }
  }

  it('polls in one round trip', async () => {
    const { studio, sandbox } = brief()
    await played(studio.run(operation, input))
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs/'))
    expect(polls.every(({ signedIn, status }) => signedIn && status === 200)).toBe(true)
  })

  it('sends nothing again once it is too old, and pays a quote by asking again', async () => {
    const { studio, sandbox, sent } = brief()
    const quote = await played(studio.quote(operation, input))
    await pass(60_000)
    sandbox.faults.add({ step: 'pay', kind: 'reset-before', times: Number.POSITIVE_INFINITY })
    await played(failure(studio.submit(quote, { timeout: 8_000 })))
    const before = sent.length
    expect(before).toBeGreaterThan(0)
    await pass(16_000)
    sandbox.faults.clear()
    expect(await played(studio.recover())).toMatchObject([{ outcome: 'still-open' }])
    expect(sent).toHaveLength(before)
    expect(sandbox.requests().filter(({ path, paid }) => path.includes('generate') && !paid)).toHaveLength(2)
  })
})
