// A JSON-RPC endpoint over the in-memory chain: what a client needs to look a payment up.
import { type Address, type Hex, isHex, numberToHex, padHex, size, slice } from 'viem'
import { isRecord, ownString } from '../../internal/json.ts'
import { type Answer, bodyText, type Incoming, json } from '../wire/messages.ts'
import type { Chain } from './chain.ts'

const balanceOf = '0x70a08231'
const authorizationState = '0xe94a0102'

/** Answers `eth_chainId`, and `eth_call` of `balanceOf` and `authorizationState` on USDC. */
export function serveRpc(chain: Chain, incoming: Incoming): Answer {
  let request: unknown
  try {
    request = JSON.parse(bodyText(incoming))
  } catch {
    return json(rpcError(null, -32700, 'Parse error'))
  }
  return json(Array.isArray(request) ? request.map((one) => call(chain, one)) : call(chain, request))
}

function call(chain: Chain, request: unknown): Record<string, unknown> {
  if (!isRecord(request)) return rpcError(null, -32600, 'Invalid request')
  const { id = null, method, params } = request
  if (method === 'eth_chainId') return { jsonrpc: '2.0', id, result: numberToHex(chain.asset.chainId) }
  if (method !== 'eth_call') return rpcError(id, -32601, 'Method not found')
  const result = read(chain, Array.isArray(params) ? params[0] : undefined)
  return result === undefined ? rpcError(id, 3, 'execution reverted') : { jsonrpc: '2.0', id, result }
}

/** The result of a view call; `undefined` when the contract would revert. */
function read(chain: Chain, transaction: unknown): Hex | undefined {
  const to = ownString(transaction, 'to')?.toLowerCase()
  const data = ownString(transaction, 'data') ?? ownString(transaction, 'input')
  if (to !== chain.asset.address.toLowerCase()) return '0x'
  if (!isHex(data) || size(data) < 36) return undefined
  const selector = slice(data, 0, 4)
  const address: Address = slice(data, 16, 36)
  if (selector === balanceOf) return padHex(numberToHex(chain.balanceOf(address)), { size: 32 })
  if (selector !== authorizationState || size(data) < 68) return undefined
  return padHex(chain.isUsed(address, slice(data, 36, 68)) ? '0x1' : '0x0', { size: 32 })
}

function rpcError(id: unknown, code: number, message: string): Record<string, unknown> {
  return { jsonrpc: '2.0', id, error: { code, message } }
}
