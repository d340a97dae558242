// Who may be paid: the known payee, `payees`, and the one that was paid first.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { StableStudioClient } from '../../../src/client.ts'
import { readConfig } from '../../../src/config.ts'
import { createSandbox } from '../../../src/entries/sandbox.ts'
import { OfferRefusedError } from '../../../src/errors.ts'
import { memoryStore } from '../../../src/ledger/store.ts'
import type { Offer } from '../../../src/methods/method.ts'
import {
  checkPayee as checkOffered,
  type PayeePolicy,
  pinPayee as pinOffered,
} from '../../../src/payment/policy.ts'
import { faultyStore, ledgerOn, payer, payTo } from '../ledger/kit.ts'
import { known, offer, other } from './offers.ts'

const checkPayee = (policy: PayeePolicy, one: Offer, by?: string) => checkOffered(policy, { offer: one }, by)
const pinPayee = (policy: PayeePolicy, one: Offer) => pinOffered(policy, { offer: one })

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
