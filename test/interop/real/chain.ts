// A real EVM node with Base's chain id, and our token where USDC stands on Base.
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import {
  type Address,
  type Chain,
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  formatUnits,
  getAddress,
  type Hex,
  http,
  pad,
  parseAbi,
  parseUnits,
  publicActions,
} from 'viem'
import { generatePrivateKey, nonceManager, privateKeyToAccount } from 'viem/accounts'
import { readCompiled } from '../contracts/compiled.ts'

export const usdc: Address = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const multicall3: Address = '0xcA11bde05977b3631167028862bE2a173976CA11'

const abi = parseAbi([
  'function mint(address to, uint256 value)',
  'function balanceOf(address) view returns (uint256)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
])

/** One `transferWithAuthorization` that went through. */
export type ChainSettlement = { transaction: Hex; from: Address; to: Address; amount: string; nonce: Hex }

export type RealChain = {
  rpcUrl: string
  /** A funded key that may send transactions: the facilitator's. */
  sender: ReturnType<typeof createSender>
  fund(address: Address, usd: string): Promise<void>
  /** What fees are paid with. */
  fuel(address: Address): Promise<void>
  /** Puts a smart wallet at an address. */
  placeSmartWallet(address: Address, owner: Address): Promise<void>
  /** USD. */
  balance(address: Address): Promise<string>
  /** From this wallet, oldest first; the node's own logs. */
  settlements(from: Address): Promise<ChainSettlement[]>
  close(): void
}

/** @param anvil the node's binary. */
export async function startChain(anvil = findAnvil()): Promise<RealChain> {
  const node = spawn(anvil, ['--port', '0', '--chain-id', '8453', '--accounts', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  // However these tests end.
  const stop = () => void node.kill()
  process.once('exit', stop)
  node.once('exit', () => process.removeListener('exit', stop))
  try {
    return await prepare(node, `http://${await listening(node)}`)
  } catch (error) {
    stop()
    throw error
  }
}

async function prepare(node: ChildProcess, rpcUrl: string): Promise<RealChain> {
  const chain = defineChain({
    id: 8453,
    name: 'Base on anvil',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  const transport = http(rpcUrl)
  const test = createTestClient({ chain, mode: 'anvil', transport })
  const read = createPublicClient({ chain, transport, cacheTime: 0, pollingInterval: 20 })
  const code = readCompiled()
  await test.setCode({ address: usdc, bytecode: code.Usdc })
  await test.setCode({ address: multicall3, bytecode: code.Multicall })
  const sender = createSender(chain, rpcUrl)
  const bank = createSender(chain, rpcUrl)
  for (const { account } of [sender, bank]) {
    await test.setBalance({ address: account.address, value: 10n ** 20n })
  }
  return {
    rpcUrl,
    sender,
    async fund(address, usd) {
      const args = [address, parseUnits(usd, 6)] as const
      const hash = await bank.writeContract({ address: usdc, abi, functionName: 'mint', args })
      await read.waitForTransactionReceipt({ hash })
    },
    fuel: (address) => test.setBalance({ address, value: 10n ** 18n }),
    async placeSmartWallet(address, owner) {
      await test.setCode({ address, bytecode: code.SmartWallet })
      await test.setStorageAt({ address, index: 0, value: pad(owner, { size: 32 }) })
    },
    async balance(address) {
      const amount = await read.readContract({
        address: usdc,
        abi,
        functionName: 'balanceOf',
        args: [address],
      })
      return formatUnits(amount, 6)
    },
    async settlements(from) {
      const used = await read.getContractEvents({
        address: usdc,
        abi,
        eventName: 'AuthorizationUsed',
        args: { authorizer: from },
        fromBlock: 0n,
      })
      const moved = await read.getContractEvents({
        address: usdc,
        abi,
        eventName: 'Transfer',
        args: { from },
        fromBlock: 0n,
      })
      return used.map(({ transactionHash, args }) => {
        const transfer = moved.find((one) => one.transactionHash === transactionHash)
        if (!transfer?.args.to || !args.nonce)
          throw new Error('an authorization was used up without a transfer')
        return {
          transaction: transactionHash,
          from: getAddress(from),
          to: getAddress(transfer.args.to),
          amount: String(transfer.args.value),
          nonce: args.nonce,
        }
      })
    },
    close: () => void node.kill(),
  }
}

function createSender(chain: Chain, rpcUrl: string) {
  const account = privateKeyToAccount(generatePrivateKey(), { nonceManager })
  return createWalletClient({ account, chain, transport: http(rpcUrl), pollingInterval: 20 }).extend(
    publicActions,
  )
}

/**
 * The node out of its npm package, or `ANVIL` on platforms that have none here.
 * @param from the file whose package has it.
 */
export function findAnvil(from = import.meta.url): string {
  if (process.env.ANVIL) return process.env.ANVIL
  return createRequire(from).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil')
}

/** The address that the node says it listens on. */
function listening(node: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    node.once('error', reject)
    node.once('exit', (code) => reject(new Error(`anvil ended with ${code}`)))
    if (!node.stdout) throw new Error('anvil has no output')
    createInterface(node.stdout).on('line', (line) => {
      const address = /^Listening on (\S+)$/.exec(line.trim())?.[1]
      if (address) resolve(address)
    })
  })
}
