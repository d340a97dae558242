// What a spend account is made of, and what is free in it: its balance without what signed payments may still take.
import type { PrivateKeyAccount } from 'viem'
import { formatUsd, parseUsd } from '../internal/usd.ts'
import type { Balance } from '../types.ts'
import type { Asset, X402Network } from '../x402/assets.ts'
import type { Books } from './books.ts'
import type { Chain } from './chain.ts'
import { badArgument } from './errors.ts'
import type { Vault } from './vault.ts'

/** What all parts of one account share. `key` signs anything: only withdrawals and checked messages may reach it. */
export type Purse = {
  key: PrivateKeyAccount
  network: X402Network
  asset: Asset
  chain: Chain
  books: Books
  vault: Vault
  /** Atomic units. */
  maxBalance: bigint
}

/** What a spend account holds. USD, exact. */
export type SpendBalance = Balance & {
  /** Signed payments and an open withdrawal that may still be taken. */
  reserved: string
  /** What `withdraw` brings back now. */
  available: string
}

/** Atomic units. */
export type Holdings = { amount: bigint; reserved: bigint; available: bigint }

/** Reads what is reserved first: a payment that is taken in between is then counted twice, never left out. */
export async function holdingsOf(purse: Purse, signal?: AbortSignal): Promise<Holdings> {
  const open = await openAmounts(purse, signal)
  const reserved = open.reduce((sum, one) => sum + one, 0n)
  const amount = await purse.chain.balance(purse.key.address, signal)
  return { amount, reserved, available: amount > reserved ? amount - reserved : 0n }
}

/** What the chain has taken, or can no longer take, is forgotten on the way. */
async function openAmounts({ books, chain, key }: Purse, signal?: AbortSignal): Promise<bigint[]> {
  const withdrawal = (await books.withdrawal.read())?.value
  const pages: { amount: string; open: Promise<boolean> }[] = []
  const { time } = await chain.head(signal)
  for await (const { value, forget } of books.signed()) {
    // No later block can take it: hundreds of them cost no request.
    if (value.validBefore < time) {
      await forget()
      continue
    }
    const open = chain.fate(key.address, value, signal).then(async (fate) => {
      if (fate !== 'open') await forget()
      return fate === 'open'
    })
    pages.push({ amount: value.amount, open })
  }
  const amounts = await Promise.all(
    pages.map(async ({ amount, open }) => ((await open) ? BigInt(amount) : 0n)),
  )
  if (withdrawal && (await chain.fate(key.address, withdrawal, signal)) === 'open')
    amounts.push(BigInt(withdrawal.amount))
  return amounts
}

export async function balanceOf(purse: Purse, signal?: AbortSignal): Promise<SpendBalance> {
  const { amount, reserved, available } = await holdingsOf(purse, signal)
  const { network, asset } = purse
  const [usd = '', held = '', free = ''] = [amount, reserved, available].map(formatUsd)
  return {
    protocol: 'x402',
    network,
    asset: asset.address,
    usd,
    amount: String(amount),
    reserved: held,
    available: free,
  }
}

/** @throws {InvalidInputError} for anything but a positive amount in USD. */
export function readUsd(usd: unknown): bigint {
  const amount = typeof usd === 'string' ? parseUsd(usd) : undefined
  if (amount === undefined || amount === 0n)
    throw badArgument(
      'usd',
      "must be more than 0 USD, as a decimal string with at most 6 decimals, such as '5'",
    )
  return amount
}
