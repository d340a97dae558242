// The JSON-RPC endpoint of the in-memory Tempo: what a payer needs to sign, and a server to verify and send.
import { type Address, encodeEventTopics, type Hex, isHex, numberToHex, pad, parseAbiItem, slice } from 'viem'
import { isRecord, own, ownString } from '../../internal/json.ts'
import { tempoChainId } from '../../methods/mpp/currencies.ts'
import type { World } from '../state/world.ts'
import type { Answer, Incoming } from '../wire/messages.ts'
import { RpcError, serveJsonRpc } from './json-rpc.ts'
import { maxLife, readTransfer, type TempoTransaction } from './tempo-chain.ts'

const balanceOf = '0x70a08231'
/** Tempo's precompile for account owners. */
const accountConfig = '0xaacc000000000000000000000000000000000000'
const transferEvent = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 amount)')
const memoEvent = parseAbiItem(
  'event TransferWithMemo(address indexed from, address indexed to, uint256 amount, bytes32 indexed memo)',
)
/** As on the real chain: 10⁻¹⁸ USD per gas. */
const baseFee = 20_000_000_000n
const gasOfTransfer = 60_000n
/** Answers that never change. */
const fixed: Readonly<Record<string, Hex>> = {
  eth_chainId: numberToHex(tempoChainId),
  eth_maxPriorityFeePerGas: '0x0',
  eth_gasPrice: numberToHex(baseFee),
  eth_getTransactionCount: '0x0',
  eth_getCode: '0x',
}
const reverts = {
  expired: 'transaction expired',
  validity: 'transaction valid for too long',
  balance: 'execution reverted: InsufficientBalance(available, required, token)',
}
const blockHash = pad('0x7e4d0', { size: 32 })

export function serveTempoRpc(world: World, incoming: Incoming): Promise<Answer> {
  return serveJsonRpc(incoming, (method, params) => call(world, method, params))
}

async function call(world: World, method: string, [first]: readonly unknown[]): Promise<unknown> {
  if (Object.hasOwn(fixed, method)) return fixed[method]
  if (method === 'eth_getBlockByNumber') return block(world)
  if (method === 'eth_estimateGas') {
    simulate(world, first)
    return numberToHex(gasOfTransfer)
  }
  if (method === 'eth_call') return read(world, first)
  if (method === 'eth_sendRawTransaction') return (await send(world, first)).hash
  if (method === 'eth_sendRawTransactionSync') return receipt(world, await send(world, first))
  if (method === 'eth_getTransactionReceipt') {
    const found = isHex(first) ? world.tempo.find(first) : undefined
    return found ? receipt(world, found) : null
  }
  throw new RpcError(-32601, 'Method not found')
}

function block({ settings }: World): Record<string, unknown> {
  const seconds = Math.floor(settings.clock.now() / 1000)
  return {
    number: numberToHex(seconds),
    hash: blockHash,
    timestamp: numberToHex(seconds),
    baseFeePerGas: numberToHex(baseFee),
    gasLimit: numberToHex(500_000_000),
    gasUsed: '0x0',
    transactions: [],
  }
}

function read(world: World, request: unknown): Hex {
  const data = ownString(request, 'data') ?? ownString(request, 'input')
  const isBalance = isHex(data) && data.startsWith(balanceOf) && data.length === 74
  // No account here has owners of its own; a server asks for them before it checks a signature.
  if (ownString(request, 'to')?.toLowerCase() === accountConfig) return pad('0x0', { size: 32 })
  if (isBalance) return pad(numberToHex(world.tempo.balanceOf(slice(data, 16, 36))), { size: 32 })
  simulate(world, request)
  return pad('0x1', { size: 32 })
}

/** @throws {RpcError} when the requested transfer would revert. */
function simulate({ tempo, settings }: World, request: unknown): void {
  const calls = own(request, 'calls')
  const from = ownString(request, 'from') as Address | undefined
  const one = Array.isArray(calls) && calls.length === 1 && isRecord(calls[0]) ? calls[0] : undefined
  const inner = one && { to: one.to as Address, data: (one.data ?? one.input) as Hex }
  const transfer = readTransfer(inner, tempo.token)
  if (!transfer || !from) throw new RpcError(3, 'execution reverted')
  const latest = Math.floor(settings.clock.now() / 1000) + maxLife
  const validBefore = Number(own(request, 'validBefore') ?? latest)
  const revert = tempo.simulate({ ...transfer, from, validBefore })
  if (revert) throw new RpcError(revert === 'balance' ? 3 : -32000, reverts[revert])
}

async function send({ tempo }: World, bytes: unknown): Promise<TempoTransaction> {
  const transaction = isHex(bytes) ? await tempo.read(bytes) : undefined
  if (!transaction) throw new RpcError(-32000, 'invalid transaction')
  const sent = tempo.send(transaction)
  if (typeof sent === 'string') throw new RpcError(-32000, `transaction reverted: ${sent}`)
  return transaction
}

function receipt(world: World, { hash, from, to, amount, memo }: TempoTransaction): Record<string, unknown> {
  const where = { transactionHash: hash, transactionIndex: '0x0', blockHash, blockNumber: '0x1' }
  const data = pad(numberToHex(amount), { size: 32 })
  const topics = [
    encodeEventTopics({ abi: [transferEvent], args: { from, to } }),
    encodeEventTopics({ abi: [memoEvent], args: { from, to, memo } }),
  ]
  const logs = topics.map((one, at) => ({
    address: world.tempo.token,
    topics: one,
    data,
    logIndex: numberToHex(at),
    removed: false,
    ...where,
  }))
  return {
    ...where,
    from,
    to: world.tempo.token,
    status: '0x1',
    type: '0x76',
    logs,
    logsBloom: pad('0x0', { size: 256 }),
    contractAddress: null,
    cumulativeGasUsed: numberToHex(gasOfTransfer),
    gasUsed: numberToHex(gasOfTransfer),
    effectiveGasPrice: numberToHex(baseFee),
    feeToken: world.tempo.token,
    feePayer: from,
  }
}
