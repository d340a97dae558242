import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../../src/client.ts'
import { readConfig } from '../../../src/config.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { ApprovalDeniedError, InvalidInputError, OfferRefusedError } from '../../../src/errors.ts'
import { createDeadline } from '../../../src/internal/time.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import type { Offer } from '../../../src/methods/method.ts'
import {
  askApproval,
  checkPayee as checkOffered,
  checkPrice,
  type PayeePolicy,
  pinPayee as pinOffered,
  requireMaxPrice,
} from '../../../src/payment/policy.ts'
import type { Approve, ProposedPayment } from '../../../src/types.ts'
import { asset, faultyStore, ledgerOn, payer, payTo } from '../ledger/kit.ts'

const known = 'gpt-image-1/generate'
const offer: Offer = {
  protocol: 'x402',
  amount: 170_000n,
  network: 'eip155:8453',
  asset,
  payTo,
  validityMs: 300_000,
}
const other = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const checkPayee = (policy: PayeePolicy, one: Offer, by?: string) => checkOffered(policy, { offer: one }, by)
const pinPayee = (policy: PayeePolicy, one: Offer) => pinOffered(policy, { offer: one })

const codeOf = (call: () => void) => {
  try {
    call()
  } catch (error) {
    if (error instanceof OfferRefusedError || error instanceof InvalidInputError) return error.code
    throw error
  }
  return 'allowed'
}

describe('the price guard', () => {
  it.each([
    ['gpt-image-1/generate', {}, 312_500n],
    ['gpt-image-1.5/generate', {}, 250_000n],
    ['gpt-image-2/generate', { quality: 'low', size: '1024x1024' }, 12_500n],
    ['gpt-image-2/generate', { quality: 'high' }, 262_500n],
    ['nano-banana-pro/generate', {}, 167_500n],
    ['nano-banana-pro/generate', { imageSize: '4K' }, 300_000n],
    ['seedance/t2v', { duration: '4', outputResolution: '480p' }, 450_000n],
    ['seedance/t2v', { duration: '15', outputResolution: '1080p' }, 10_125_000n],
  ])(
    'allows %s with %j exactly 125 %% of its list price, %d, and not one unit more',
    (operation, input, ceiling) => {
      expect(codeOf(() => checkPrice(operation, input, ceiling, undefined))).toBe('allowed')
      expect(codeOf(() => checkPrice(operation, input, ceiling + 1n, undefined))).toBe('price_above_list')
    },
  )

  it.each([10_000_000n, 20_000_000n, 10n ** 29n])(
    'refuses the price of a body that the service could not read: %d',
    (amount) => {
      expect(codeOf(() => checkPrice(known, {}, amount, undefined))).toBe('price_above_list')
    },
  )

  it('is replaced by maxPrice, in both directions, exactly', () => {
    expect(codeOf(() => checkPrice(known, {}, 500_000n, 500_000n))).toBe('allowed')
    expect(codeOf(() => checkPrice(known, {}, 500_001n, 500_000n))).toBe('price_above_max')
    expect(codeOf(() => checkPrice(known, {}, 170_000n, 169_999n))).toBe('price_above_max')
    expect(codeOf(() => checkPrice(known, {}, 1n, 0n))).toBe('price_above_max')
  })

  it('says what was asked and what is allowed', () => {
    expect(() => checkPrice(known, {}, 10_000_000n, undefined)).toThrow(/\$10\.00.*\$0\.25.*\$0\.3125/)
    expect(() => checkPrice(known, {}, 200_000n, 170_000n)).toThrow(/\$0\.20; maxPrice is \$0\.17/)
  })

  it('requires maxPrice where there is no list price', () => {
    expect(codeOf(() => requireMaxPrice('tomorrow-1/generate', undefined))).toBe('max_price_required')
    expect(codeOf(() => requireMaxPrice('tomorrow-1/generate', 1n))).toBe('allowed')
    expect(codeOf(() => requireMaxPrice(known, undefined))).toBe('allowed')
    expect(codeOf(() => requireMaxPrice('constructor', undefined))).toBe('max_price_required')
  })
})

describe('the payee', () => {
  const policy = (payees?: readonly `0x${string}`[], ledger = ledgerOn(memoryStore())): PayeePolicy => ({
    payees,
    ledger,
  })
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'allowed',
      (error: unknown) => (error instanceof OfferRefusedError ? error.code : error),
    )

  it('is anyone at first, and is not pinned by looking', async () => {
    const ledger = ledgerOn(memoryStore())
    await checkPayee(policy(undefined, ledger), offer)
    expect(await ledger.pinnedPayee(offer.network)).toBeUndefined()
  })

  it('is pinned by the first payment, in any letter case, and then may not change', async () => {
    const pinned = policy()
    expect(await pinPayee(pinned, offer)).toBe(true)
    const lower = { ...offer, payTo: payTo.toLowerCase() as `0x${string}` }
    expect(await pinPayee(pinned, lower)).toBe(false)
    expect(await outcome(checkPayee(pinned, lower))).toBe('allowed')
    for (const work of [checkPayee, pinPayee]) {
      expect(await outcome(work(pinned, { ...offer, payTo: other }))).toBe('payee_changed')
    }
    expect(await pinned.ledger.pinnedPayee(offer.network)).toBe(payTo)
  })

  it('is pinned on each network by itself', async () => {
    const pinned = policy()
    await pinPayee(pinned, offer)
    expect(await outcome(checkPayee(pinned, { ...offer, network: 'eip155:84532', payTo: other }))).toBe(
      'allowed',
    )
  })

  describe('of the live service', () => {
    const live = (payees?: readonly `0x${string}`[], ledger = ledgerOn(memoryStore())): PayeePolicy => ({
      ...policy(payees, ledger),
      origin: 'https://stablestudio.dev',
    })
    const stranger: Offer = { ...offer, payTo: other }

    it.each(['eip155:8453', 'eip155:4217'])(
      'is known before anyone was paid: a stranger is refused on %s',
      async (network) => {
        const ledger = ledgerOn(memoryStore())
        for (const work of [checkPayee, pinPayee]) {
          expect(await outcome(work(live(undefined, ledger), { ...stranger, network }))).toBe('payee_changed')
          expect(await outcome(work(live(), { ...offer, network }))).toBe('allowed')
        }
        expect(await ledger.pinnedPayee(network)).toBeUndefined()
      },
    )

    it('is named in the refusal, with what overrules it', async () => {
      const error = await checkPayee(live(), stranger).catch((thrown: unknown) => thrown)
      expect(String(error)).toContain(other)
      expect(String(error)).toContain(payTo)
      expect(String(error)).toContain('`payees`')
      expect(error).toMatchObject({ payment: 'none', safeToRetry: true })
    })

    it('is pinned once, so that the caller is told once', async () => {
      const one = live()
      expect(await pinPayee(one, { ...offer, payTo: payTo.toLowerCase() as `0x${string}` })).toBe(true)
      expect(await pinPayee(one, offer)).toBe(false)
    })

    it('is not replaced by a pin of an earlier version, and is not refused for its sake', async () => {
      const ledger = ledgerOn(memoryStore())
      await ledger.pinPayee(offer.network, other)
      for (const work of [checkPayee, pinPayee]) {
        expect(await outcome(work(live(undefined, ledger), stranger))).toBe('payee_changed')
        expect(await outcome(work(live(undefined, ledger), offer))).toBe('allowed')
      }
    })

    it('is overruled by `payees`, in both directions', async () => {
      expect(await outcome(checkPayee(live([other]), stranger))).toBe('allowed')
      expect(await outcome(checkPayee(live([other]), offer))).toBe('payee_not_allowed')
    })

    it('is known of no other network and of no other origin', async () => {
      const elsewhere = [
        [live(), 'eip155:84532'],
        [live(), 'eip155:1'],
        [{ ...live(), origin: 'http://127.0.0.1:8402' }, offer.network],
        [{ ...live(), origin: 'https://stablestudio.dev.example' }, offer.network],
      ] as const
      for (const [where, network] of elsewhere) {
        expect(await outcome(checkPayee(where, { ...stranger, network }))).toBe('allowed')
        expect(await pinPayee(where, { ...stranger, network })).toBe(true)
        expect(await outcome(checkPayee(where, { ...offer, network }))).toBe('payee_changed')
      }
    })
  })

  it('is one of those that were configured, in any letter case', async () => {
    const some = policy([payTo])
    const lower = { ...offer, payTo: payTo.toLowerCase() as `0x${string}` }
    expect(await outcome(checkPayee(some, lower))).toBe('allowed')
    expect(await outcome(checkPayee(some, { ...offer, payTo: other }))).toBe('payee_not_allowed')
    expect(await outcome(checkPayee(policy([]), offer))).toBe('payee_not_allowed')
  })

  it('is never the payer', async () => {
    expect(await outcome(checkPayee(policy(), { ...offer, payTo: payer }, payer.toLowerCase()))).toBe(
      'payee_not_allowed',
    )
    expect(await outcome(checkPayee(policy([payer]), { ...offer, payTo: payer }, payer))).toBe(
      'payee_not_allowed',
    )
  })

  it('is one of two that pin at once, and the other is refused', async () => {
    const store = memoryStore()
    const [one, two] = await Promise.all([
      outcome(pinPayee(policy(undefined, ledgerOn(store)), offer)),
      outcome(pinPayee(policy(undefined, ledgerOn(store)), { ...offer, payTo: other })),
    ])
    expect([one, two].sort()).toEqual(['allowed', 'payee_changed'])
  })

  it('is not paid when the pin cannot be read', async () => {
    const store = faultyStore({
      before: () => {
        throw new Error('unreachable')
      },
    })
    for (const work of [checkPayee, pinPayee]) {
      await expect(work(policy(undefined, ledgerOn(store)), offer)).rejects.toMatchObject({
        code: 'store_failed',
      })
    }
  })

  it('is configured by addresses only', () => {
    expect(readConfig({ payees: [payTo, other.toLowerCase()] }).payees).toEqual([payTo, other])
    for (const bad of [[payTo.replace('F', 'f')], ['stablestudio.eth'], [7], [payTo, ''], [null]]) {
      expect(() => readConfig({ payees: bad as string[] })).toThrow('payees')
    }
  })
})

describe('approve', () => {
  const payment: ProposedPayment = {
    operation: known,
    usd: '0.17',
    amount: 170_000n,
    network: offer.network,
    asset,
    payTo,
    protocol: 'x402',
    attemptId: 'att_1',
  }
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  const ask = (approve: unknown, ms = 300_000, signal?: AbortSignal) =>
    askApproval(approve as Approve, payment, createDeadline(ms, signal))

  it('allows with true, now or later, and when there is none', async () => {
    await ask(undefined)
    await ask(() => true)
    await ask(async () => true)
    const slow = ask(() => new Promise((resolve) => setTimeout(() => resolve(true), 60_000)))
    await vi.advanceTimersByTimeAsync(60_000)
    await slow
  })

  it.each<[string, unknown]>([
    ['false', false],
    ['1', 1],
    ["'true'", 'true'],
    ['an object', {}],
    ['a boxed true', Object(true)],
    ['nothing', undefined],
    ['null', null],
    ['a function', () => true],
  ])('denies with %s', async (_name, answer) => {
    for (const approve of [() => answer, async () => answer]) {
      const error = await ask(approve).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ApprovalDeniedError)
      expect(error).toMatchObject({ code: 'approval_denied', payment: 'none', safeToRetry: true })
    }
  })

  it('denies with what it throws as the cause', async () => {
    const cause = new Error('the dialog crashed')
    const throwing = () => {
      throw cause
    }
    for (const approve of [throwing, () => Promise.reject(cause)]) {
      const error = await ask(approve).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ApprovalDeniedError)
      expect(error).toMatchObject({ cause })
      expect(String(error)).not.toContain('crashed')
    }
  })

  it('denies when it never answers, at the deadline of the call', async () => {
    const outcome = expect(ask(() => new Promise(() => {}), 60_000)).rejects.toBeInstanceOf(
      ApprovalDeniedError,
    )
    await vi.advanceTimersByTimeAsync(60_000)
    await outcome
  })

  it('denies when it never answers, after ten minutes at the latest', async () => {
    const outcome = expect(ask(() => new Promise(() => {}), 3_600_000)).rejects.toBeInstanceOf(
      ApprovalDeniedError,
    )
    await vi.advanceTimersByTimeAsync(600_000)
    await outcome
  })

  it('does not allow any more once it has been denied for being late', async () => {
    let answer: (value: boolean) => void = () => {}
    const work = ask(
      () =>
        new Promise((resolve) => {
          answer = resolve
        }),
      1000,
    )
    const outcome = expect(work).rejects.toBeInstanceOf(ApprovalDeniedError)
    await vi.advanceTimersByTimeAsync(1000)
    answer(true)
    await outcome
  })

  it('ends with the reason when the call is aborted', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    const outcome = expect(ask(() => new Promise(() => {}), 60_000, stop.signal)).rejects.toBe(reason)
    stop.abort(reason)
    await outcome
  })

  it('is given a frozen copy', async () => {
    let given: ProposedPayment | undefined
    await ask((snapshot: ProposedPayment) => {
      given = snapshot
      return true
    })
    expect(given).toEqual(payment)
    expect(given).not.toBe(payment)
    expect(Object.isFrozen(given)).toBe(true)
  })

  it('that tries to change the payment denies it by throwing', async () => {
    const greedy = (snapshot: ProposedPayment) => {
      Object.assign(snapshot, { amount: 1n, payTo: other })
      return true
    }
    await expect(ask(greedy)).rejects.toBeInstanceOf(ApprovalDeniedError)
    expect(payment).toMatchObject({ amount: 170_000n, payTo })
  })
})

it('pays what was offered, whatever approve tries with its copy', async () => {
  const sandbox = createSandbox()
  const wallet = privateKeyToAccount('0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d')
  sandbox.fund(wallet.address, '5')
  const approve = (payment: ProposedPayment) => {
    Reflect.set(payment, 'amount', 1n)
    Reflect.set(payment, 'payTo', other)
    Reflect.defineProperty(payment, 'usd', { value: '0.00' })
    return Reflect.deleteProperty(payment, 'asset') || payment.amount > 1n
  }
  const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch, approve })
  const quote = await studio.quote(known, { prompt: 'a lighthouse' })
  const job = await studio.submit(known, { prompt: 'a lighthouse' })
  expect(sandbox.settlements()).toHaveLength(1)
  expect(sandbox.settlements()[0]).toMatchObject({ amount: quote.amount.toString(), to: quote.payTo })
  expect(job.receipt).toMatchObject({ usd: quote.usd, payTo: quote.payTo, asset: quote.asset })
})

describe('a first payment', () => {
  const pay = (
    sandboxOptions: Parameters<typeof createSandbox>[0],
    options: Record<string, unknown> = {},
  ) => {
    const sandbox = createSandbox(sandboxOptions)
    const wallet = privateKeyToAccount(generatePrivateKey())
    sandbox.fund(wallet.address, '5')
    const asked = vi.fn(() => true)
    const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch, approve: asked, ...options })
    const submitted = studio.submit(known, { prompt: 'a lighthouse' })
    return { sandbox, asked, submitted }
  }

  it('to a stranger is refused at the real origin, before anyone is asked', async () => {
    const { sandbox, asked, submitted } = pay({ payTo: other })
    await expect(submitted).rejects.toMatchObject({ code: 'payee_changed', payment: 'none', phase: 'check' })
    expect(asked).not.toHaveBeenCalled()
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('to a stranger is made when `payees` names it', async () => {
    const { sandbox, submitted } = pay({ payTo: other }, { payees: [other] })
    await submitted
    expect(sandbox.settlements()).toMatchObject([{ to: other }])
  })
})
