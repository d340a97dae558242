// Asks a node of Solana over JSON-RPC: for a blockhash, for what became of a payment, and for a balance. Moves no money.
import { ServiceError } from '../../errors.ts'
import { decode58 } from '../../internal/base58.ts'
import { own, ownString } from '../../internal/json.ts'
import { postRpc, unreadBalance } from '../json-rpc.ts'
import type { Holding, Lifetime, MethodIo, RecordedPayment } from '../method.ts'
import type { SolanaAsset } from './assets.ts'
import { tokenAccountOf } from './token-account.ts'

/** A node, and the cluster that it must be of. */
export type SolanaNode = { url: string; asset: SolanaAsset; io: MethodIo }

type Call = { method: string; params?: readonly unknown[] }

const ask = async ({ url, io }: SolanaNode, call: Call) => own(await postRpc(url, call, io), 'result')

/** A CAIP-2 network is the beginning of its genesis hash. */
async function isOfCluster(node: SolanaNode): Promise<boolean> {
  const genesis = await ask(node, { method: 'getGenesisHash' })
  return typeof genesis === 'string' && `solana:${genesis.slice(0, 32)}` === node.asset.network
}

/** @throws {ServiceError} when the node names none, or is of another cluster. */
export async function latestBlockhash(node: SolanaNode): Promise<Lifetime> {
  const confirmed = { commitment: 'confirmed' }
  const asked = [ask(node, { method: 'getLatestBlockhash', params: [confirmed] }), isOfCluster(node)] as const
  const [answer, isOurs] = await Promise.all(asked).catch((error) => {
    if (node.io.signal?.aborted) throw error
    return [] as const
  })
  const value = own(answer, 'value')
  const blockhash = ownString(value, 'blockhash')
  if (isOurs && blockhash !== undefined && decode58(blockhash, 32))
    return { blockhash, lastValidBlockHeight: readHeight(own(value, 'lastValidBlockHeight'))?.toString() }
  throw new ServiceError('The Solana node gave no blockhash.', {
    code: 'network_error',
    phase: 'sign',
    safeToRetry: true,
    details: isOurs === false ? `It is not a node of ${node.asset.network}.` : undefined,
    hint: 'Nothing was signed. Check `rpc` in solana(), then call again.',
  })
}

const pageSize = 1000
/** A payment is recorded with the time at which it is dead. It was made less than this before, seconds. */
const longestLife = 600

/**
 * Whether the chain took a payment: a transaction of the payer's token account has its memo. `false` only when none has, and the
 * blockhash can no longer be used, in blocks that are final.
 */
export async function isTakenOnChain(
  node: SolanaNode,
  { payer, nonce, validBefore, lifetime }: RecordedPayment,
): Promise<boolean | undefined> {
  if (!lifetime || !(await isOfCluster(node))) return undefined
  // Asked before the history: what is dead now cannot come into it later.
  const isDead = await hasEnded(node, lifetime)
  const source = tokenAccountOf(payer, node.asset.mint)
  const history = await ask(node, {
    method: 'getSignaturesForAddress',
    params: [source, { limit: pageSize, commitment: 'confirmed' }],
  })
  if (!Array.isArray(history)) return undefined
  const memo = `[${nonce.length}] ${nonce}`
  const found = history.find((one) => own(one, 'memo') === memo)
  // One that failed moved nothing, and no other can have its memo.
  if (found) return own(found, 'err') === null ? true : undefined
  const isWhole =
    history.length < pageSize || Number(own(history.at(-1), 'blockTime')) < validBefore - longestLife
  return isDead && isWhole ? false : undefined
}

async function hasEnded(node: SolanaNode, { blockhash, lastValidBlockHeight }: Lifetime): Promise<boolean> {
  const finalized = { commitment: 'finalized' }
  const [height, validity] = await Promise.all([
    ask(node, { method: 'getBlockHeight', params: [finalized] }),
    ask(node, { method: 'isBlockhashValid', params: [blockhash, finalized] }),
  ])
  const isPast = BigInt(lastValidBlockHeight ?? 0) < (readHeight(height) ?? 0n)
  return isPast && own(validity, 'value') === false
}

function readHeight(height: unknown): bigint | undefined {
  return Number.isSafeInteger(height) && Number(height) > 0 ? BigInt(height as number) : undefined
}

/**
 * What an owner holds. Without a token account it is nothing.
 * @throws {ServiceError} when the node does not say.
 */
export async function heldOnSolana(node: SolanaNode, owner: string): Promise<Holding> {
  const { network, mint } = node.asset
  const unread = (details: string, cause?: unknown) => unreadBalance('solana()', details, cause)
  const params = [tokenAccountOf(owner, mint), { commitment: 'confirmed' }]
  const asked = [
    postRpc(node.url, { method: 'getTokenAccountBalance', params }, node.io),
    isOfCluster(node),
  ] as const
  const [answer, isOurs] = await Promise.all(asked).catch((error) => {
    throw unread('It did not answer.', error)
  })
  if (!isOurs) throw unread(`It is not a node of ${network}.`)
  const amount = ownString(own(own(answer, 'result'), 'value'), 'amount')
  if (amount !== undefined && /^\d{1,20}$/.test(amount))
    return { network, asset: mint, amount: BigInt(amount) }
  if (/could not find account/.test(ownString(own(answer, 'error'), 'message') ?? ''))
    return { network, asset: mint, amount: 0n }
  throw unread('It names no amount.')
}
