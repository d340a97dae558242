// `deposit`: one USDC transfer from the owner's wallet. It is written down before the wallet is asked, and one that may have
// been sent is looked for on the chain before another is asked for.
import type { Hex } from 'viem'
import { randomHex } from '../internal/hex.ts'
import { networkName } from '../internal/networks.ts'
import type { Deadline } from '../internal/time.ts'
import { formatUsd } from '../internal/usd.ts'
import type { OpenDeposit, Page } from './books.ts'
import { badArgument, failedOnChain, lacking, notKept, stopped, undecided } from './errors.ts'
import { holdingsOf, type Purse, readUsd } from './purse.ts'
import { answerMs, type Owner, readOwner, type SentAs, type SpendPrompt, sendCall } from './send.ts'

/** A transfer between the spend account and its owner's wallet that is on the chain. */
export type SpendTransfer = {
  /** USD, exact. */
  usd: string
  /** Atomic units. */
  amount: string
  network: string
  from: string
  to: string
  transaction: string
  /** Whether an earlier call sent it, and this one only found it: nothing was asked for this time. */
  earlier: boolean
}

/** What a call that moves money is given beside its arguments. */
export type Asked = { onPrompt: ((prompt: SpendPrompt) => void) | undefined; deadline: Deadline }

/** A request that no wallet has named for so long, by the chain's clock, is taken for gone: wallets drop them by then. */
const unnamedSeconds = 10 * 60
/** So long a named transaction may wait for its block. */
const namedSeconds = 60 * 60
const lookEveryMs = 1_000

export async function deposit(
  purse: Purse,
  walletClient: unknown,
  usd: unknown,
  asked: Asked,
): Promise<SpendTransfer> {
  const owner = readOwner(walletClient, purse.key.address)
  const amount = readUsd(usd)
  if (amount > purse.maxBalance) throw tooMuch(purse, 0n)
  await requireKept(purse)
  const before = await purse.books.deposit.read()
  if (before) {
    const found = await settleEarlier(purse, owner, before, asked.deadline)
    if (found && before.value.from === owner.address && BigInt(before.value.amount) === amount)
      return transferOf(purse, before.value, found, true)
  }
  const smart = await checkRoom(purse, owner, amount, asked.deadline.signal)
  const page = await begin(purse, owner, amount, asked.deadline.signal)
  return transferOf(purse, page.value, await send(purse, { owner, smart, page }, asked), false)
}

/** Nothing is sent to an account whose key is gone. */
async function requireKept({ vault }: Purse): Promise<void> {
  if (await vault.isKept()) return
  throw notKept(
    'Its storage was cleared, or replaced, while this page was open.',
    'Nothing was sent. This page still has the key: withdraw what the account holds before you close it, then reload.',
  )
}

/** The transaction of an earlier deposit that has arrived; nothing when it was not sent. */
async function settleEarlier(
  purse: Purse,
  owner: Owner,
  page: Page<OpenDeposit>,
  { signal }: Deadline,
): Promise<Hex | undefined> {
  const fate = await fateOf(purse, page.value, signal, owner)
  if (fate === 'waiting') throw undecided('deposit', waitingText(page.value))
  await close(purse, page, fate)
  return fate === 'gone' ? undefined : fate
}

/** What became of a deposit: its transaction, `gone` for one that cannot arrive any more, or `waiting`. */
async function fateOf(
  { books, chain, key }: Purse,
  open: OpenDeposit,
  signal: AbortSignal | undefined,
  owner?: Owner,
): Promise<Hex | 'gone' | 'waiting'> {
  const known = await books.arrived()
  const found = await chain.transfers(open.from, key.address, BigInt(open.amount), BigInt(open.block), signal)
  const [arrived] = found.filter((hash) => !known.includes(hash))
  if (arrived) return arrived
  if (open.transaction && (await chain.failed(open.transaction, signal))) return 'gone'
  if (open.calls && owner && (await haveFailed(owner, open.calls))) return 'gone'
  const { time } = await chain.head(signal)
  const patience = open.transaction || open.calls ? namedSeconds : unnamedSeconds
  return time - open.askedAt > patience ? 'gone' : 'waiting'
}

/** EIP-5792: 4xx was never on the chain, 5xx and 6xx were reverted. Only the wallet that sent them knows. */
async function haveFailed({ client }: Owner, id: string): Promise<boolean> {
  try {
    const { statusCode } = await client.getCallsStatus({ id })
    return statusCode >= 400
  } catch {
    return false
  }
}

async function close({ books }: Purse, { version }: Page<OpenDeposit>, fate: Hex | 'gone'): Promise<void> {
  if (fate !== 'gone') await books.noteArrival(fate)
  await books.deposit.close(version)
}

/** Whether the wallet is a contract. @throws before anything is asked when it cannot pay, or the account is full. */
async function checkRoom(purse: Purse, owner: Owner, amount: bigint, signal?: AbortSignal): Promise<boolean> {
  const { chain, network } = purse
  const { amount: held } = await holdingsOf(purse, signal)
  if (held + amount > purse.maxBalance) throw tooMuch(purse, held)
  const inWallet = await chain.balance(owner.address, signal)
  if (inWallet < amount) {
    const missing = formatUsd(amount - inWallet)
    throw lacking(
      'The wallet does not have that much USDC.',
      `${owner.address} holds $${formatUsd(inWallet)} on ${networkName(network)}; $${missing} is missing.`,
      'Nothing was sent. Deposit less, or send USDC to the wallet first.',
    )
  }
  const smart = owner.client.account?.type === 'smart' || (await chain.isContract(owner.address, signal))
  // A smart wallet's fee may be sponsored.
  if (!smart && (await chain.fee(owner.address, signal)) === 0n) {
    throw lacking(
      'The wallet has nothing to pay the network fee with.',
      `${owner.address} holds no ETH on ${networkName(network)}.`,
      'Nothing was sent. Send it a little ETH on that network first; a cent is enough.',
    )
  }
  return smart
}

function tooMuch({ maxBalance }: Purse, held: bigint) {
  const room = maxBalance > held ? maxBalance - held : 0n
  const most = `must be at most '${formatUsd(room)}'`
  return badArgument(
    'usd',
    `${most}: the account holds $${formatUsd(held)}, and may hold $${formatUsd(maxBalance)} (\`maxBalance\`), because clearing this browser's storage loses it`,
  )
}

async function begin(
  purse: Purse,
  { address }: Owner,
  amount: bigint,
  signal?: AbortSignal,
): Promise<Page<OpenDeposit>> {
  const { number, time } = await purse.chain.head(signal)
  if (signal?.aborted) throw stopped('deposit', signal, false)
  const value = {
    id: randomHex(8),
    from: address,
    amount: String(amount),
    block: String(number),
    askedAt: time,
  }
  // Of two tabs, one asks.
  const mine = await purse.books.deposit.begin(value)
  const page = await purse.books.deposit.read()
  if (mine && page?.value.id === value.id) return page
  throw undecided('deposit', waitingText(page?.value ?? value))
}

function waitingText({ amount, from, transaction, calls }: OpenDeposit): string {
  const named = transaction
    ? ` (transaction ${transaction})`
    : calls
      ? ' (named by the wallet, not on the chain yet)'
      : ''
  return `A deposit of $${formatUsd(BigInt(amount))} from ${from} was asked for before${named}, and has not arrived yet. It may wait in the wallet, or in another tab: approve or reject it there.`
}

type Sending = { owner: Owner; smart: boolean; page: Page<OpenDeposit> }

async function send(
  purse: Purse,
  { owner, smart, page }: Sending,
  { onPrompt, deadline }: Asked,
): Promise<Hex> {
  const { asset, key, network } = purse
  const usd = formatUsd(BigInt(page.value.amount))
  const fee = smart ? '' : ' The network fee, about a cent or less, is paid in ETH.'
  const text = `Your wallet asks you to send $${usd} in USDC on ${networkName(network)} to ${key.address}, the spend account of this page.${fee}`
  const data = transferCall(key.address, BigInt(page.value.amount))
  const order = { owner, smart, asset, data, move: 'deposit' as const, text, onPrompt, deadline }
  let sent: SentAs
  try {
    sent = await sendCall(order)
  } catch (error) {
    // Only what certainly was not sent may be asked for again at once.
    if ((error as { payment?: unknown }).payment === 'none') await purse.books.deposit.close(page.version)
    throw error
  }
  const named = { ...page.value, ...('calls' in sent ? sent : sent.transaction !== '0x' && sent) }
  await purse.books.deposit.change(named, page.version)
  return arrival(purse, owner, named, deadline)
}

async function arrival(purse: Purse, owner: Owner, open: OpenDeposit, deadline: Deadline): Promise<Hex> {
  for (;;) {
    const fate = await fateOf(purse, open, deadline.signal, owner).catch((error) => {
      if (deadline.signal?.aborted) throw stopped('deposit', deadline.signal, true)
      throw undecided('deposit', `It was sent, and the chain cannot be read: ${error.details ?? ''}`, {
        cause: error,
      })
    })
    if (fate === 'gone') {
      await closeOwn(purse, open, fate)
      throw failedOnChain('deposit', open.transaction)
    }
    if (fate !== 'waiting') {
      await closeOwn(purse, open, fate)
      return fate
    }
    if (deadline.passed()) throw undecided('deposit', waitingText(open))
    await deadline.rest(lookEveryMs)
    if (deadline.signal?.aborted) throw stopped('deposit', deadline.signal, true)
  }
}

async function closeOwn(purse: Purse, { id }: OpenDeposit, fate: Hex | 'gone'): Promise<void> {
  const page = await purse.books.deposit.read()
  if (page?.value.id === id) await close(purse, page, fate)
}

/** `transfer(address,uint256)` */
function transferCall(to: Hex, amount: bigint): Hex {
  return `0xa9059cbb${to.slice(2).toLowerCase().padStart(64, '0')}${amount.toString(16).padStart(64, '0')}`
}

function transferOf(
  { network, key }: Purse,
  open: OpenDeposit,
  transaction: Hex,
  earlier: boolean,
): SpendTransfer {
  const { from, amount } = open
  return { usd: formatUsd(BigInt(amount)), amount, network, from, to: key.address, transaction, earlier }
}

/** A person may take minutes, and the chain some seconds. */
export const depositMs = answerMs + 3 * 60_000
