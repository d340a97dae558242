// The two services that must look alike, each behind the same handles.
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { createSandbox, type SandboxOptions } from '../../../src/entries/sandbox.ts'
import type { SettleFault } from '../real/facilitator.ts'
import type { Environment } from '../real/service.ts'
import { startRealStack } from '../real/stack.ts'
import { type Front, startFront } from './front.ts'

export type Paid = { to: string; amount: string; nonce: string }

export type Stack = {
  name: 'sandbox' | 'real'
  /** Where clients go. */
  url: string
  rpcUrl: string
  /** Wallets handed out, by the name that stands for them in observations. */
  wallets: Map<string, PrivateKeyAccount>
  /** A new wallet with that much USDC. */
  wallet(name: string, usd: string): Promise<PrivateKeyAccount>
  /** USD. */
  balance(address: `0x${string}`): Promise<string>
  settlements(from: `0x${string}`): Promise<Paid[]>
  /** Handlers of paid routes throw, until the returned function is called. */
  failHandlers(status: number): () => void
  /** Settlements fail, until the returned function is called. */
  failSettlements(fault: SettleFault): () => void
  /** Payments come to be settled only once that many were verified. */
  gatherPayments(count: number): void
  solana: {
    rpcUrl: string
    /** Names that stand for addresses in observations. */
    named: Map<string, string>
    /** The facilitator's, as offers name it. */
    feePayer: string
    fund(address: string, usd: string): Promise<void>
    /** USD. */
    balance(address: string): Promise<string>
    settlements(from: string): Promise<{ memo: string | undefined }[]>
  }
  /** A Tempo for payments by MPP: the sandbox's own on both, since there is no node of the real one to run here. */
  tempo: {
    rpcUrl: string
    fund(address: `0x${string}`, usd: string): void
    /** USD. */
    balance(address: `0x${string}`): string
    settlements(from: `0x${string}`): { to: string; amount: string; transaction: string }[]
  }
  /** The next answer to a paid request is lost on its way, after it was given. */
  cutNextPaidAnswer(): void
  close(): Promise<void>
}

/** Both are given the same prices: they are the application's, not the protocol's. */
export function price(_operation: string, body: Record<string, unknown>): string {
  return body.imageSize === '4K' ? '0.15' : '0.07'
}

/** What the sandbox says when a handler fails. */
const failing = 'Service unavailable'

/** What a file's scenarios need beside the defaults: the router's environment, and the sandbox's options that match it. */
export type StackOptions = { env?: Environment; sandbox?: SandboxOptions }

export async function startStacks({
  env = {},
  sandbox: options = {},
}: StackOptions = {}): Promise<{ stacks: readonly Stack[]; close(): Promise<void> }> {
  const sandbox = await startSandbox(options)
  try {
    const real = await startReal(env)
    return {
      stacks: [sandbox, real],
      close: async () => void (await Promise.all([sandbox.close(), real.close()])),
    }
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

async function startSandbox(options: SandboxOptions): Promise<Stack> {
  const sandbox = createSandbox({
    price: (operation, body) => (operation === 'upload' ? undefined : price(operation, body)),
    speed: 20,
    ...options,
  })
  const server = await sandbox.listen()
  const front = await startFront()
  front.target = server.url
  const paid = ['pay', 'upload'] as const
  const always = Number.POSITIVE_INFINITY
  const both = (remove: (() => void)[]) => () => {
    for (const one of remove) one()
  }
  return {
    name: 'sandbox',
    ...handles(front, async (address, usd) => sandbox.fund(address, usd)),
    rpcUrl: `${server.url}/rpc`,
    balance: async (address) => trimmed(sandbox.balance(address)),
    settlements: async (payer) =>
      sandbox
        .settlements()
        .filter(({ from }) => from === payer)
        .map(({ to, amount, nonce }) => ({ to, amount, nonce })),
    failHandlers: (status) =>
      both(paid.map((step) => sandbox.faults.add({ step, kind: 'status', status, times: always }))),
    failSettlements: (fault) => {
      const kind = fault === 'charged' ? 'settlement-failed-charged' : 'settlement-failed'
      return both(paid.map((step) => sandbox.faults.add({ step, kind, times: always })))
    },
    tempo: tempoOf(sandbox, server.url),
    solana: {
      rpcUrl: `${server.url}/rpc/solana`,
      named: new Map(),
      feePayer: 'CjNFTjvBhbJJd2B5ePPMHRLx1ELZpa8dwQgGL727eKww',
      fund: async (address, usd) => sandbox.fund(address, usd),
      balance: async (address) => trimmed(sandbox.balance(address)),
      settlements: async (payer) =>
        sandbox
          .settlements()
          .filter(({ from }) => from === payer)
          .map(({ nonce }) => ({ memo: nonce || undefined })),
    },
    // Here it is the option `settleMs` that leaves them the time.
    gatherPayments() {},
    close: async () => {
      await front.close()
      await server.close()
    },
  }
}

async function startReal(env: Environment): Promise<Stack> {
  const front = await startFront()
  const node = createSandbox()
  const nodeServer = await node.listen()
  const tempo = tempoOf(node, nodeServer.url)
  const environment = { BASE_URL: front.url, TEMPO_RPC_URL: tempo.rpcUrl, ...env }
  const real = await startRealStack(price, environment).catch(async (error) => {
    await front.close()
    await nodeServer.close()
    throw error
  })
  front.target = real.url
  return {
    name: 'real',
    ...handles(front, real.chain.fund),
    rpcUrl: real.chain.rpcUrl,
    balance: real.chain.balance,
    settlements: async (from) =>
      (await real.chain.settlements(from)).map(({ to, amount, nonce }) => ({ to, amount, nonce })),
    failHandlers: (status) => real.service.fail(status, failing),
    failSettlements: real.facilitator.fail,
    gatherPayments: real.service.gather,
    tempo,
    solana: {
      rpcUrl: real.solana.rpcUrl,
      named: new Map(),
      feePayer: real.facilitator.feePayer,
      fund: real.solana.fund,
      balance: async (address) => (await real.solana.balance(address)) ?? '0',
      settlements: async (payer) => (await real.solana.transactions(payer)).map(({ memo }) => ({ memo })),
    },
    close: async () => {
      await front.close()
      await nodeServer.close()
      await real.close()
    },
  }
}

function tempoOf(sandbox: ReturnType<typeof createSandbox>, url: string): Stack['tempo'] {
  return {
    rpcUrl: `${url}/rpc/tempo`,
    fund: (address, usd) => sandbox.fund(address, usd, 'eip155:4217'),
    balance: (address) => sandbox.balance(address, 'eip155:4217'),
    settlements: (payer) =>
      sandbox
        .settlements()
        .filter(({ from, network }) => from === payer && network === 'eip155:4217')
        .map(({ to, amount, transaction }) => ({ to, amount, transaction })),
  }
}

function handles(front: Front, fund: (address: `0x${string}`, usd: string) => Promise<void>) {
  const wallets = new Map<string, PrivateKeyAccount>()
  return {
    url: front.url,
    wallets,
    async wallet(name: string, usd: string) {
      const wallet = privateKeyToAccount(generatePrivateKey())
      wallets.set(name, wallet)
      if (Number(usd) > 0) await fund(wallet.address, usd)
      return wallet
    },
    cutNextPaidAnswer: front.cutNextPaidAnswer,
  }
}

/** `'4.80'` and `'4.8'` are one amount. */
function trimmed(usd: string): string {
  return String(Number(usd))
}
