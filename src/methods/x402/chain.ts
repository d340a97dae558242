// Asks the payment chain over plain JSON-RPC: whether an authorization was used (EIP-3009 `authorizationState`), and
// what an address holds.
import type { Address, Hex } from 'viem'
import { ServiceError } from '../../errors.ts'
import { own, ownString } from '../../internal/json.ts'
import { within } from '../../internal/time.ts'
import { usdcAssets, type X402Network } from '../../x402/assets.ts'
import { postRpc, rpcTimeoutMs, unreadBalance } from '../json-rpc.ts'
import type { Holding, MethodIo, RecordedPayment } from '../method.ts'

/** A JSON-RPC URL, or anything with a compatible `request`, such as a viem `PublicClient`. */
export type Rpc =
  | string
  | {
      request(call: RpcCall): Promise<unknown>
    }

/** @inline */
type EthCall = { to: Address; data: Hex }
/** @inline */
type RpcCall =
  | { method: 'eth_call'; params: [EthCall, 'latest' | Hex] }
  | { method: 'eth_getBlockByNumber'; params: ['latest', false] }
  | { method: 'eth_chainId' }

/** `authorizationState(address,bytes32)`, `balanceOf(address)` */
const selectors = { authorizationState: '0xe94a0102', balanceOf: '0x70a08231' } as const

/** Whether a payment's authorization moved its money; `undefined` if the chain does not say, or could still move it. */
export async function isUsedOnChain(
  rpc: Rpc,
  payment: RecordedPayment,
  io: MethodIo,
): Promise<boolean | undefined> {
  try {
    if (await stateAt(rpc, payment, 'latest', io)) return true
    const head = await headPast(rpc, payment, io)
    return head === undefined ? undefined : await stateAt(rpc, payment, head, io)
  } catch {
    return undefined
  }
}

async function stateAt(rpc: Rpc, payment: RecordedPayment, block: 'latest' | Hex, io: MethodIo) {
  const { asset, payer, nonce } = payment
  const data = `${selectors.authorizationState}${word(payer)}${word(nonce)}` as const
  const result = await read(rpc, asset as Address, data, io, block)
  return typeof result === 'string' && /^0x0{63}[01]$/.test(result) ? result.endsWith('1') : undefined
}

/** The head of the payment's chain, once it is past the expiry. A node that lags, or of another chain, proves nothing. */
async function headPast(
  rpc: Rpc,
  { network, validBefore }: RecordedPayment,
  io: MethodIo,
): Promise<Hex | undefined> {
  const chainId = Number(await ask(rpc, { method: 'eth_chainId' }, io))
  if (`eip155:${chainId}` !== network) return undefined
  const head = await ask(rpc, { method: 'eth_getBlockByNumber', params: ['latest', false] }, io)
  const number = ownString(head, 'number')
  const isPast = Number(ownString(head, 'timestamp')) > validBefore
  return isPast && number !== undefined && /^0x[0-9a-f]+$/i.test(number) ? (number as Hex) : undefined
}

/**
 * What an address holds, on the one of the networks that the RPC serves.
 * @throws {ServiceError} when the RPC does not say: no answer is not a balance of zero.
 */
export async function heldOnChain(
  rpc: Rpc,
  owner: string,
  networks: readonly X402Network[],
  io: MethodIo,
): Promise<Holding> {
  try {
    const chainId = Number(await ask(rpc, { method: 'eth_chainId' }, io))
    if (!Number.isSafeInteger(chainId)) throw unread('It did not answer `eth_chainId`.')
    const network = networks.find((one) => usdcAssets[one].chainId === chainId)
    if (!network) throw unread(`It serves chain ${chainId}, and payments are made on ${networks.join(', ')}.`)
    const { address } = usdcAssets[network]
    const amount = await read(rpc, address, `${selectors.balanceOf}${word(owner)}`, io)
    if (typeof amount !== 'string' || !/^0x[0-9a-f]{64}$/i.test(amount)) throw unread('It names no amount.')
    return { network, asset: address, amount: BigInt(amount) }
  } catch (error) {
    throw error instanceof ServiceError ? error : unread('It did not answer.', error)
  }
}

const word = (hex: string) => hex.slice(2).toLowerCase().padStart(64, '0')

const unread = (details: string, cause?: unknown) => unreadBalance('x402()', details, cause)

function read(
  rpc: Rpc,
  to: Address,
  data: Hex,
  io: MethodIo,
  block: 'latest' | Hex = 'latest',
): Promise<unknown> {
  return ask(rpc, { method: 'eth_call', params: [{ to, data }, block] }, io)
}

const resultOf = (answer: unknown) => own(answer, 'result')
const silent = () => new Error('The RPC did not answer.')

/** One call of the chain's RPC; rejects when it does not answer. */
export function ask(
  rpc: Rpc,
  call: { method: string; params?: readonly unknown[] },
  io: MethodIo,
): Promise<unknown> {
  const answer =
    typeof rpc === 'string'
      ? postRpc(rpc, call, io).then(resultOf)
      : Promise.resolve().then(() => rpc.request(call as RpcCall))
  return within(answer, rpcTimeoutMs, io, silent)
}
