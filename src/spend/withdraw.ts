// `withdraw`: the account signs an EIP-3009 authorization to its owner's own address, and the owner's wallet sends it. The
// authorization is written down first and sent again, never replaced, while it can still be taken.
import type { Hex } from 'viem'
import { randomHex } from '../internal/hex.ts'
import { networkName } from '../internal/networks.ts'
import type { Deadline } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import { authorizationTypedData } from '../x402/exact.ts'
import type { OpenWithdrawal, Page } from './books.ts'
import type { Asked, SpendTransfer } from './deposit.ts'
import { badArgument, failedOnChain, lacking, stopped, undecided } from './errors.ts'
import { holdingsOf, type Purse, readUsd } from './purse.ts'
import { type Owner, readOwner, sendCall } from './send.ts'

/** Long enough for a person and a slow chain; until then it counts as reserved. */
const lifeSeconds = 30 * 60
const lookEveryMs = 1_000

export async function withdraw(
  purse: Purse,
  walletClient: unknown,
  usd: unknown,
  asked: Asked,
): Promise<SpendTransfer> {
  const owner = readOwner(walletClient, purse.key.address)
  const wanted = usd === 'all' ? ('all' as const) : readUsd(usd)
  const before = await purse.books.withdrawal.read()
  const earlier = before && (await finishEarlier(purse, owner, before, wanted, asked))
  if (earlier && wanted !== 'all') return earlier
  const amount = await amountOf(purse, wanted, earlier !== undefined, asked.deadline.signal)
  if (amount === 0n && earlier) return earlier
  const page = await begin(purse, owner, amount, asked.deadline.signal)
  return together(await send(purse, owner, page, asked), earlier)
}

/** What an open withdrawal came to, sent again if it can still be taken; nothing when it is dead. */
async function finishEarlier(
  purse: Purse,
  owner: Owner,
  page: Page<OpenWithdrawal>,
  wanted: bigint | 'all',
  asked: Asked,
): Promise<SpendTransfer | undefined> {
  const open = page.value
  const fate = await purse.chain.fate(purse.key.address, open, asked.deadline.signal)
  const same = open.to === owner.address && (wanted === 'all' || wanted === BigInt(open.amount))
  if (fate !== 'open') {
    await purse.books.withdrawal.close(page.version)
    return fate === 'used' && same ? transferOf(purse, open, asked.deadline.signal, true) : undefined
  }
  if (same) return send(purse, owner, page, asked)
  throw undecided(
    'withdraw',
    `${openText(open)} It must be taken, or expire, before another one is signed.`,
    {
      hint: `withdraw() with that wallet and '${formatUsd(BigInt(open.amount))}' or 'all' goes on with it.`,
    },
  )
}

/** Only what no signed payment may still take. */
async function amountOf(
  purse: Purse,
  wanted: bigint | 'all',
  mayBeNothing: boolean,
  signal?: AbortSignal,
): Promise<bigint> {
  const { amount, reserved, available } = await holdingsOf(purse, signal)
  if (wanted === 'all' && (available > 0n || mayBeNothing)) return available
  if (wanted !== 'all' && wanted <= available) return wanted
  const open =
    reserved > 0n ? `, of which $${formatUsd(reserved)} is reserved for payments that are still open` : ''
  throw lacking(
    'The spend account does not have that much free.',
    `It holds $${formatUsd(amount)}${open}: $${formatUsd(available)} can be withdrawn.`,
    reserved > 0n
      ? 'Nothing was signed. Withdraw what is free, or call again when the open payments are settled or expired: in about ten minutes.'
      : 'Nothing was signed.',
  )
}

async function begin(
  purse: Purse,
  owner: Owner,
  amount: bigint,
  signal?: AbortSignal,
): Promise<Page<OpenWithdrawal>> {
  const { number, time } = await purse.chain.head(signal)
  if (signal?.aborted) throw stopped('withdraw', signal, false)
  const value: OpenWithdrawal = {
    to: owner.address,
    amount: String(amount),
    nonce: `0x${randomHex(32)}`,
    validBefore: time + lifeSeconds,
    block: String(number),
  }
  const mine = await purse.books.withdrawal.begin(value)
  const page = await purse.books.withdrawal.read()
  if (mine && page?.value.nonce === value.nonce) return page
  throw undecided('withdraw', page ? openText(page.value) : 'Another tab is withdrawing.')
}

async function send(
  purse: Purse,
  owner: Owner,
  page: Page<OpenWithdrawal>,
  { onPrompt, deadline }: Asked,
): Promise<SpendTransfer> {
  const { key, asset, network, chain } = purse
  const open = page.value
  const smart =
    owner.client.account?.type === 'smart' || (await chain.isContract(owner.address, deadline.signal))
  const data = await withdrawCall(purse, open)
  const text = `Your wallet asks you to confirm a transaction on ${networkName(network)} that brings $${formatUsd(BigInt(open.amount))} in USDC from this page's spend account to ${owner.address}. It costs the network fee only.`
  const sent = await sendCall({ owner, smart, asset, data, move: 'withdraw', text, onPrompt, deadline })
  const transaction = 'transaction' in sent && sent.transaction !== '0x' ? sent.transaction : undefined
  for (;;) {
    const fate = await chain.fate(key.address, open, deadline.signal)
    if (fate === 'used') {
      await forget(purse, open)
      return transferOf(purse, open, deadline.signal, false)
    }
    if (fate === 'dead' || (transaction && (await hasFailed(purse, transaction, deadline))))
      throw failedOnChain('withdraw', transaction)
    if (deadline.passed()) throw undecided('withdraw', openText(open))
    await deadline.rest(lookEveryMs)
    if (deadline.signal?.aborted) throw stopped('withdraw', deadline.signal, true)
  }
}

async function hasFailed({ chain }: Purse, transaction: Hex, { signal }: Deadline): Promise<boolean> {
  // An RPC that is silent for once says nothing either way.
  return (await chain.failed(transaction, signal).catch(() => undefined)) === true
}

async function forget({ books }: Purse, { nonce }: OpenWithdrawal): Promise<void> {
  const page = await books.withdrawal.read()
  if (page?.value.nonce === nonce) await books.withdrawal.close(page.version)
}

/** `transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)` */
async function withdrawCall(
  { key, asset }: Purse,
  { to, amount, nonce, validBefore }: OpenWithdrawal,
): Promise<Hex> {
  const authorization = {
    from: key.address,
    to,
    value: amount,
    validAfter: '0',
    validBefore: String(validBefore),
    nonce,
  }
  const signature = await key.signTypedData(authorizationTypedData(asset, authorization))
  const words = [
    ...[key.address, to].map((address) => address.slice(2).toLowerCase()),
    ...[BigInt(amount), 0n, BigInt(validBefore)].map((value) => value.toString(16)),
    nonce.slice(2),
    ...[signature.slice(130), signature.slice(2, 66), signature.slice(66, 130)],
  ]
  return `0xe3ee160e${words.map((word) => word.padStart(64, '0')).join('')}`
}

async function transferOf(
  { chain, key, network }: Purse,
  { to, amount, nonce, block }: OpenWithdrawal,
  signal: AbortSignal | undefined,
  earlier: boolean,
): Promise<SpendTransfer> {
  // It is done, whether or not its transaction is found.
  const [transaction = ''] = await chain.uses(key.address, nonce, BigInt(block), signal).catch(() => [])
  return { usd: formatUsd(BigInt(amount)), amount, network, from: key.address, to, transaction, earlier }
}

/** `all`, in two parts: one that was open, and the rest. */
function together(last: SpendTransfer, first: SpendTransfer | undefined): SpendTransfer {
  if (!first) return last
  const amount = BigInt(last.amount) + BigInt(first.amount)
  return { ...last, amount: String(amount), usd: formatUsd(amount) }
}

function openText({ amount, to, validBefore }: OpenWithdrawal): string {
  const until = new Date(validBefore * 1000).toISOString()
  return `A withdrawal of $${formatUsd(BigInt(amount))} to ${to} is open until ${until}.`
}

/** @throws {InvalidInputError} unless the words are exactly these: they are what a person must have agreed to. */
export function checkConfirmation(options: unknown): void {
  const given = (options as { confirm?: unknown } | undefined)?.confirm
  if (given !== exportWords)
    throw badArgument('confirm', `must be '${exportWords}': whoever sees the key owns the money`)
}

/** What `exportKey` must be told. */
export const exportWords = 'show the private key'
