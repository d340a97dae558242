// The JSON-RPC endpoint of the in-memory EVM chain: what a client needs to look up a payment, and a wallet to send USDC.
import { type Address, getAddress, type Hex, isHex, numberToHex, padHex, size, slice } from 'viem'
import { ownString } from '../../internal/json.ts'
import type { Answer, Incoming } from '../wire/messages.ts'
import type { EvmChain } from './evm-chain.ts'
import { ether, findLogs, headOf, receiptOf, sendRaw, simulateCall } from './evm-transactions.ts'
import { RpcError, serveJsonRpc } from './json-rpc.ts'

const balanceOf = '0x70a08231'
const authorizationState = '0xe94a0102'

/** Answers that never change: nothing here costs gas, and there are plain accounts only. */
const fixed: Readonly<Record<string, Hex>> = {
  eth_getCode: '0x',
  eth_getBalance: ether,
  eth_gasPrice: '0x0',
  eth_maxPriorityFeePerGas: '0x0',
}

export function serveEvmRpc(chain: EvmChain, incoming: Incoming): Promise<Answer> {
  return serveJsonRpc(incoming, (method, params) => answer(chain, method, params))
}

async function answer(chain: EvmChain, method: string, [first]: readonly unknown[]): Promise<unknown> {
  if (Object.hasOwn(fixed, method)) return fixed[method]
  if (method === 'eth_chainId') return numberToHex(chain.asset.chainId)
  if (method === 'eth_blockNumber') return chain.head().number
  if (method === 'eth_getBlockByNumber') return headOf(chain)
  if (method === 'eth_call') return callContract(chain, first)
  if (method === 'eth_getTransactionCount') return numberToHex(chain.sent(getAddress(first as Address)))
  if (method === 'eth_estimateGas') {
    await simulateCall(chain, first)
    return '0xea60'
  }
  if (method === 'eth_sendRawTransaction') return sendRaw(chain, first)
  if (method === 'eth_getTransactionReceipt') return receiptOf(chain, first)
  if (method === 'eth_getLogs') return findLogs(chain, first)
  throw new RpcError(-32601, 'Method not found')
}

/** @throws {RpcError} when the contract would revert. */
function callContract(chain: EvmChain, transaction: unknown): Hex {
  const to = ownString(transaction, 'to')?.toLowerCase()
  const data = ownString(transaction, 'data') ?? ownString(transaction, 'input')
  if (to !== chain.asset.address.toLowerCase()) return '0x'
  const length = isHex(data) ? size(data) : 0
  const selector = length >= 36 ? slice(data as Hex, 0, 4) : undefined
  const address = () => slice(data as Hex, 16, 36)
  if (selector === balanceOf) return padHex(numberToHex(chain.balanceOf(address())), { size: 32 })
  if (selector !== authorizationState || length < 68) throw new RpcError(3, 'execution reverted')
  return padHex(chain.isUsed(address(), slice(data as Hex, 36, 68)) ? '0x1' : '0x0', { size: 32 })
}
