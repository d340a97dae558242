// Reads the chain for a spend account: what it holds, what was taken of it, and whether a deposit has arrived. An RPC that
// does not answer is an error, never a "no".
import type { Address, Hex } from 'viem'
import { ServiceError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'
import { isRecord, own, ownString } from '../internal/json.ts'
import type { MethodIo } from '../methods/method.ts'
import { ask, heldOnChain, isUsedOnChain, type Rpc } from '../methods/x402/chain.ts'
import { assetOf, type X402Network } from '../x402/assets.ts'

/** `keccak256('Transfer(address,address,uint256)')` */
const transferTopic = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'
/** `keccak256('AuthorizationUsed(address,bytes32)')` */
const usedTopic = '0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5'
/** Public RPCs answer for at most some 10 000 blocks at once. */
const blocksAtOnce = 9_000n
/** Some twelve days on Base. */
const mostReads = 60

/** What became of an authorization. */
export type Fate = 'used' | 'dead' | 'open'

export type Chain = ReturnType<typeof createChain>

export function createChain(rpc: Rpc, network: X402Network) {
  const asset = assetOf(network)?.address as Address
  const io = (signal?: AbortSignal): MethodIo => ({ fetch: globalThis.fetch, signal })
  const call = async (method: string, params: readonly unknown[], signal?: AbortSignal): Promise<unknown> => {
    const result = await ask(rpc, { method, params }, io(signal)).catch((cause) => {
      if (signal?.aborted) throw signal.reason
      throw silent(method, cause)
    })
    if (result === undefined) throw silent(method)
    return result
  }
  const quantity = async (method: string, params: readonly unknown[], signal?: AbortSignal) =>
    BigInt(hexOf(await call(method, params, signal), method))

  /** The transactions whose logs match, oldest first. */
  async function logged(topics: readonly Hex[], since: bigint, data: Hex | undefined, signal?: AbortSignal) {
    const head = await quantity('eth_blockNumber', [], signal)
    const found: Hex[] = []
    let from = since
    for (let reads = 0; from <= head && reads < mostReads; reads += 1) {
      const last = from + blocksAtOnce
      const range = { fromBlock: hex(from), toBlock: last < head ? hex(last) : 'latest' }
      const logs = await call('eth_getLogs', [{ address: asset, topics, ...range }], signal)
      if (!Array.isArray(logs)) throw silent('eth_getLogs')
      for (const log of logs) {
        const hash = ownString(log, 'transactionHash')
        const matches = data === undefined || ownString(log, 'data')?.toLowerCase() === data
        // A node that does not filter is not believed.
        if (hash && matches && own(log, 'removed') !== true && hasTopics(log, topics)) found.push(hash as Hex)
      }
      from = last + 1n
    }
    return found
  }

  return {
    asset,
    /** @throws {ServiceError} when the RPC is silent, or serves another chain. */
    balance: async (owner: Address, signal?: AbortSignal) =>
      (await heldOnChain(rpc, owner, [network], io(signal))).amount,
    async head(signal?: AbortSignal): Promise<{ number: bigint; time: number }> {
      const block = await call('eth_getBlockByNumber', ['latest', false], signal)
      const [number, time] = ['number', 'timestamp'].map((name) => BigInt(hexOf(own(block, name), name)))
      return { number: number ?? 0n, time: Number(time) }
    },
    fate: async (
      payer: Address,
      { nonce, validBefore }: { nonce: Hex; validBefore: number },
      signal?: AbortSignal,
    ): Promise<Fate> => {
      const payment = { network, asset, payer, payTo: payer, nonce, validBefore }
      const used = await isUsedOnChain(rpc, payment, io(signal))
      return used === undefined ? 'open' : used ? 'used' : 'dead'
    },
    /** Whether an address is a contract. An account that delegates to one (EIP-7702) sends its own transactions. */
    async isContract(address: Address, signal?: AbortSignal): Promise<boolean> {
      const code = hexOf(await call('eth_getCode', [address, 'latest'], signal), 'eth_getCode')
      return code !== '0x' && !code.toLowerCase().startsWith('0xef0100')
    },
    /** What pays the network's fee, wei. */
    fee: (address: Address, signal?: AbortSignal) => quantity('eth_getBalance', [address, 'latest'], signal),
    /** Whether a transaction failed for good; `undefined` while it is not in a block. */
    async failed(hash: Hex, signal?: AbortSignal): Promise<boolean | undefined> {
      const receipt = await call('eth_getTransactionReceipt', [hash], signal)
      return isRecord(receipt) ? BigInt(hexOf(own(receipt, 'status'), 'status')) === 0n : undefined
    },
    /** Transfers of exactly this amount. */
    transfers: (from: Address, to: Address, amount: bigint, since: bigint, signal?: AbortSignal) =>
      logged([transferTopic, word(from), word(to)], since, word(hex(amount)), signal),
    /** The transaction that took an authorization. */
    uses: (payer: Address, nonce: Hex, since: bigint, signal?: AbortSignal) =>
      logged([usedTopic, word(payer), word(nonce)], since, undefined, signal),
  }
}

const hex = (value: bigint): Hex => `0x${value.toString(16)}`
const word = (value: Hex): Hex => `0x${value.slice(2).toLowerCase().padStart(64, '0')}`

function hasTopics(log: unknown, topics: readonly Hex[]): boolean {
  const given = own(log, 'topics')
  return Array.isArray(given) && topics.every((topic, at) => String(given[at]).toLowerCase() === topic)
}

function hexOf(value: unknown, what: string): Hex {
  if (typeof value === 'string' && /^0x[0-9a-f]*$/i.test(value)) return value as Hex
  throw silent(what)
}

function silent(what: string, cause?: unknown): ServiceError {
  return new ServiceError('The chain could not be read.', {
    code: 'network_error',
    phase: 'check',
    safeToRetry: true,
    details: `The RPC did not answer ${what}.`,
    hint: 'Check `rpc` of createSpendAccount(), and that the page may connect to it, then call again.',
    ...(cause !== undefined && { cause: harmlessCause(cause) }),
  })
}
