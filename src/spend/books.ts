// What a spend account writes down before it acts: what it signed, the deposit that may be on its way, the withdrawal that
// is open, and who is paid. One record for each, changed by compare-and-set, so that tabs do not disturb each other.
import type { Address, Hex } from 'viem'
import { own } from '../internal/json.ts'
import type { PaymentStore } from '../ledger/store.ts'
import type { Json } from '../types.ts'

/** A deposit from just before the wallet is asked until it is known to have arrived, or not to have been sent. */
export type OpenDeposit = {
  id: string
  from: Address
  /** Atomic units. */
  amount: string
  /** Where the chain was when the wallet was asked: the transfer cannot be in an earlier block. */
  block: string
  /** Seconds since the epoch, by the chain. */
  askedAt: number
  /** Once the wallet has named it. */
  transaction?: Hex
  /** Once the wallet has named it: the id of its calls (EIP-5792). */
  calls?: string
}

/** A signed withdrawal until it is known to have been taken, or to be dead. */
export type OpenWithdrawal = { to: Address; amount: string; nonce: Hex; validBefore: number; block: string }

/** A signed payment that may still be taken. */
export type Signed = { amount: string; nonce: Hex; validBefore: number; to: Address }

/** One record with its version, to be changed only while it has not changed. */
export type Page<value> = { value: value; version: string }

export type Books = ReturnType<typeof createBooks>

export function createBooks(store: PaymentStore, network: string) {
  const page = async <value>(key: string) => (await store.get(key)) as Page<value> | undefined
  const one = <value extends Json>(key: string) => ({
    read: () => page<value>(key),
    /** Whether it was written: not if another tab was faster. */
    begin: (value: value) => store.set(key, value, undefined),
    change: (value: value, version: string) => store.set(key, value, version),
    close: (version: string) => store.delete(key, version),
  })
  const signed = `signed/${network}/`
  return {
    deposit: one<OpenDeposit>(`deposit/${network}`),
    withdrawal: one<OpenWithdrawal>(`withdrawal/${network}`),
    /** Transactions of earlier deposits: none of them is a later one. */
    async arrived(): Promise<readonly Hex[]> {
      return (await page<Hex[]>(`arrived/${network}`))?.value ?? []
    },
    async noteArrival(transaction: Hex): Promise<void> {
      const key = `arrived/${network}`
      for (let tries = 0; tries < 10; tries += 1) {
        const held = await page<Hex[]>(key)
        const known = held?.value ?? []
        if (known.includes(transaction)) return
        if (await store.set(key, [...known, transaction].slice(-50), held?.version)) return
      }
    },
    async sign(payment: Signed): Promise<void> {
      const key = signed + payment.nonce
      const held = await store.get(key)
      if (!held) await store.set(key, payment, undefined)
    },
    async *signed(): AsyncGenerator<Page<Signed> & { forget(): Promise<boolean> }> {
      for await (const key of store.keys(signed)) {
        const held = await page<Signed>(key)
        if (held && typeof own(held.value, 'nonce') === 'string')
          yield { ...held, forget: () => store.delete(key, held.version) }
      }
    },
    /** The payee, pinned by the first payment to an origin that has no known one. */
    async payee(origin: string, payTo: Address): Promise<string> {
      const key = `payee/${network}/${origin}`
      if (await store.set(key, payTo, undefined)) return payTo
      return String((await store.get(key))?.value)
    },
  }
}
