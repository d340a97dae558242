// Transactions of the in-memory EVM chain: `transfer` and `transferWithAuthorization` of USDC, sent as raw bytes by a plain
// account. Gas costs nothing. Receipts and logs come from the token's own list of transfers.
import {
  type Address,
  decodeFunctionData,
  encodeEventTopics,
  type Hex,
  isHex,
  keccak256,
  numberToHex,
  padHex,
  parseAbi,
  parseTransaction,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  serializeSignature,
} from 'viem'
import { own, ownString } from '../../internal/json.ts'
import { type Authorization, authorizationTypedData } from '../../x402/exact.ts'
import type { Settlement } from '../state/types.ts'
import type { EvmChain } from './evm-chain.ts'
import { RpcError } from './json-rpc.ts'
import { malformation } from './revert.ts'

const abi = parseAbi([
  'function transfer(address to, uint256 value) returns (bool)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
])

type Call = { from: Address; to: Address; amount: bigint } | { authorization: Authorization }

/** What a call on the token would do. @throws {RpcError} when the contract would revert. */
export async function simulateCall(chain: EvmChain, transaction: unknown): Promise<Call> {
  const call = await readCall(chain, transaction)
  const revert =
    'authorization' in call
      ? chain.simulate(call.authorization)
      : chain.balanceOf(call.from) < call.amount && 'balance'
  if (revert) throw new RpcError(3, `execution reverted: ${revert}`)
  return call
}

async function readCall({ asset }: EvmChain, transaction: unknown): Promise<Call> {
  const to = ownString(transaction, 'to')?.toLowerCase()
  const data = own(transaction, 'data') ?? own(transaction, 'input')
  if (to !== asset.address.toLowerCase() || !isHex(data)) throw new RpcError(3, 'execution reverted')
  const { functionName, args } = decoded(data)
  if (functionName === 'transfer')
    return { from: ownString(transaction, 'from') as Address, to: args[0], amount: args[1] }
  const [from, payTo, value, validAfter, validBefore, nonce, v, r, s] = args
  const [text, after, before] = [value, validAfter, validBefore].map(String) as [string, string, string]
  const authorization = { from, to: payTo, value: text, validAfter: after, validBefore: before, nonce }
  const signature = serializeSignature({ r, s, v: BigInt(v) })
  const signer =
    malformation(signature) === undefined &&
    (await recoverTypedDataAddress({ ...authorizationTypedData(asset, authorization), signature }))
  if (signer !== from) throw new RpcError(3, 'execution reverted: FiatTokenV2: invalid signature')
  return { authorization }
}

function decoded(data: Hex) {
  try {
    return decodeFunctionData({ abi, data })
  } catch {
    throw new RpcError(3, 'execution reverted')
  }
}

/** Includes a signed transaction at once. */
export async function sendRaw(chain: EvmChain, bytes: unknown): Promise<Hex> {
  if (!isHex(bytes)) throw new RpcError(-32602, 'invalid argument')
  const { to, data, nonce = 0, chainId } = parseTransaction(bytes)
  const from = await recoverTransactionAddress({ serializedTransaction: bytes as never })
  const hash = keccak256(bytes)
  if (chainId !== chain.asset.chainId) throw new RpcError(-32000, 'invalid chain id')
  if (chain.settlements().some(({ transaction }) => transaction === hash))
    throw new RpcError(-32000, 'already known')
  if (nonce !== chain.sent(from))
    throw new RpcError(-32000, nonce < chain.sent(from) ? 'nonce too low' : 'nonce too high')
  const call = await simulateCall(chain, { from, to, data })
  chain.count(from)
  const purpose = { operation: 'transfer', jobId: undefined }
  if ('authorization' in call) chain.transfer(call.authorization, purpose, hash)
  else chain.move({ transaction: hash, ...call, nonce: padHex('0x', { size: 32 }) }, purpose)
  return hash
}

const blockHash = padHex('0x7e4d0', { size: 32 })

function blockOf({ settledAt }: Settlement): bigint {
  return BigInt(Math.floor(Date.parse(settledAt) / 2000))
}

function logsOf(chain: EvmChain, settlement: Settlement) {
  // On an EVM chain.
  const { from, to, amount, nonce, transaction } = settlement as Settlement & {
    from: Address
    to: Address
    nonce: Hex
  }
  const moved = {
    topics: encodeEventTopics({ abi, eventName: 'Transfer', args: { from, to } }),
    data: padHex(numberToHex(BigInt(amount)), { size: 32 }),
  }
  const used = {
    topics: encodeEventTopics({ abi, eventName: 'AuthorizationUsed', args: { authorizer: from, nonce } }),
    data: '0x' as Hex,
  }
  return [...(BigInt(nonce) > 0n ? [used] : []), moved].map((log, at) => ({
    ...{
      address: chain.asset.address,
      ...log,
      logIndex: numberToHex(at),
      transactionIndex: '0x0',
      removed: false,
    },
    ...{ transactionHash: transaction, blockHash, blockNumber: numberToHex(blockOf(settlement)) },
  }))
}

export function receiptOf(chain: EvmChain, hash: unknown): Record<string, unknown> | null {
  const settlement = chain.settlements().find(({ transaction }) => transaction === hash)
  if (!settlement) return null
  return {
    ...{
      transactionHash: hash,
      transactionIndex: '0x0',
      blockHash,
      blockNumber: numberToHex(blockOf(settlement)),
    },
    ...{ from: settlement.from, to: chain.asset.address, contractAddress: null, status: '0x1', type: '0x2' },
    ...{ logs: logsOf(chain, settlement), logsBloom: padHex('0x', { size: 256 }) },
    ...{ gasUsed: '0xea60', cumulativeGasUsed: '0xea60', effectiveGasPrice: '0x0' },
  }
}

export function findLogs(chain: EvmChain, filter: unknown): unknown[] {
  const topics = own(filter, 'topics')
  const wanted = Array.isArray(topics) ? topics : []
  const [from, to] = ['fromBlock', 'toBlock'].map((name) => ownString(filter, name))
  const since = isHex(from) ? BigInt(from) : 0n
  const until = isHex(to) ? BigInt(to) : undefined
  return chain
    .settlements()
    .filter((one) => blockOf(one) >= since && (until === undefined || blockOf(one) <= until))
    .flatMap((one) => logsOf(chain, one))
    .filter((log) => wanted.every((topic, at) => topic === null || isSame(log.topics[at], topic)))
}

const isSame = (one: unknown, other: unknown) =>
  typeof other === 'string' && String(one).toLowerCase() === other.toLowerCase()

/** A block as wallets want it. */
export function headOf(chain: EvmChain): Record<string, unknown> {
  return {
    ...{ ...chain.head(), hash: blockHash, baseFeePerGas: '0x0', gasLimit: '0x1c9c380', gasUsed: '0x0' },
    transactions: [],
  }
}

/** What an account has to pay fees with. Nobody runs out of it here. */
export const ether = numberToHex(10n ** 18n)
