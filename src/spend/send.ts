// Asks the owner's wallet to send one call: a plain account by `eth_sendTransaction`, a smart one by `wallet_sendCalls`
// (EIP-5792). Knows which errors mean that nothing was sent.
import type { Address, Chain, Hex, WalletClient } from 'viem'
import { readAddress } from '../internal/address.ts'
import { hasMethods } from '../internal/check.ts'
import { own } from '../internal/json.ts'
import { networkName } from '../internal/networks.ts'
import { type Deadline, within } from '../internal/time.ts'
import { chainOf, useChain } from '../wallet.ts'
import type { Asset } from '../x402/assets.ts'
import { badArgument, type Move, notSent, stopped, undecided } from './errors.ts'

/** What the wallet is about to show to its owner. @inlineType Move */
export type SpendPrompt = {
  /** `network`: to switch to the account's network. `deposit`, `withdraw`: to send the transaction. */
  kind: 'network' | Move
  /** One sentence to show beside the wallet's own window. */
  text: string
}

/** What a wallet named what it sent. */
export type SentAs = { transaction: Hex } | { calls: string }

/** The owner's wallet, checked. */
export type Owner = { client: WalletClient; address: Address }

/** How long a wallet may take. A person may have to unlock it first. */
export const answerMs = 5 * 60_000

/** @throws {InvalidInputError} for anything but a wallet client with an account other than the spend account. */
export function readOwner(client: unknown, spender: Address): Owner {
  const account = own(client, 'account')
  const address = readAddress(own(account, 'address'))
  if (!hasMethods(client, ['request']) || !address)
    throw badArgument('walletClient', 'must be a viem WalletClient with an account')
  if (!hasMethods(client, ['sendTransaction']) && !hasMethods(client, ['sendCalls']))
    throw badArgument(
      'walletClient',
      'cannot send: it must have sendTransaction or sendCalls, as createWalletClient gives',
    )
  if (address === spender) throw badArgument('walletClient', 'is the spend account itself: use its owner')
  return { client: client as WalletClient, address }
}

type Order = {
  owner: Owner
  /** Whether the owner is a contract. */
  smart: boolean
  asset: Asset
  data: Hex
  move: Move
  text: string
  onPrompt: ((prompt: SpendPrompt) => void) | undefined
  deadline: Deadline
}

/** @throws {WalletError} whose `payment` is `none` when nothing can have been sent, else `unknown`. */
export async function sendCall(order: Order): Promise<SentAs> {
  const { owner, asset, move, text, deadline } = order
  if (hasMethods(owner.client, ['getChainId']))
    await useChain(owner.client, asset.chainId, deadline, () =>
      tell(order, 'network', `Your wallet asks to switch to ${networkName(`eip155:${asset.chainId}`)}.`),
    )
  tell(order, move, text)
  const [first, second] = waysOf(order)
  try {
    return await answered(order, first)
  } catch (error) {
    if (!second || !isUnsupported(error)) throw explained(order, error)
    return await answered(order, second).catch((again) => {
      throw explained(order, again)
    })
  }
}

/** A listener never disturbs a payment. */
function tell({ onPrompt }: Order, kind: SpendPrompt['kind'], text: string): void {
  try {
    onPrompt?.({ kind, text })
  } catch {}
}

type Way = () => Promise<SentAs>

/** The likelier way first; the other one only where a wallet does not know the first. */
function waysOf({ owner: { client }, smart, asset, data }: Order): [Way, Way | undefined] {
  const account = client.account ?? null
  const chain = { id: asset.chainId } as Chain
  const to = asset.address
  const transaction: Way = async () => ({
    transaction: hashOf(await client.sendTransaction({ account, chain: null, to, data } as never)),
  })
  const calls: Way = async () => {
    const sent: unknown = await client.sendCalls({ account, chain, calls: [{ to, data }] } as never)
    return { calls: String(own(sent, 'id') ?? sent) }
  }
  const known = [
    ...(hasMethods(client, ['sendTransaction']) ? [transaction] : []),
    ...(hasMethods(client, ['sendCalls']) && client.account?.type !== 'local' ? [calls] : []),
  ]
  const [first = transaction, second] = smart ? known.reverse() : known
  return [first, second]
}

/** Anything else is not a hash to look for; the chain is searched without it. */
function hashOf(hash: unknown): Hex {
  return /^0x[0-9a-f]{64}$/i.test(String(hash)) ? (hash as Hex) : '0x'
}

const late = new Error('The wallet did not answer in time.')

function answered({ deadline }: Order, way: Way): Promise<SentAs> {
  const ms = Math.min(answerMs, deadline.left())
  return within(Promise.resolve().then(way), ms, deadline, () => late)
}

function explained({ move, deadline }: Order, error: unknown): Error {
  if (deadline.signal?.aborted) return stopped(move, deadline.signal, true)
  if (error === late)
    return undecided(move, 'The wallet did not answer in time.', {
      hint: `Look in the wallet for a pending request. The next ${move}() looks on the chain first.`,
    })
  const codes = chainOf(error).map(({ code }) => code)
  if (codes.includes(4001)) return notSent(error, true)
  if (isUnsupported(error) || codes.some((code) => neverSent.has(code)) || lacksGas(error))
    return notSent(error, false)
  return undecided(move, 'The wallet answered with an error that does not say whether it was sent.', {
    cause: notSent(error, false).cause,
  })
}

/** EIP-1193, EIP-1474 and EIP-5792: not authorized, disconnected, invalid, unsupported, rejected upgrade. */
const neverSent: ReadonlySet<unknown> = new Set([
  4100, 4900, 4901, 4902, -32600, -32602, 5700, 5710, 5720, 5740, 5750, 5760,
])

function isUnsupported(error: unknown): boolean {
  return chainOf(error).some(({ code }) => code === 4200 || code === -32601 || code === -32004)
}

function lacksGas(error: unknown): boolean {
  return chainOf(error).some(({ message }) => /insufficient funds|exceeds the balance/i.test(String(message)))
}
