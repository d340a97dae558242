// A wallet in the page whose owner is the test: an EIP-1193 provider that signs in Node, and counts what it is asked.
import type { BrowserContext } from 'playwright-core'
import type { Hex, TypedDataDefinition } from 'viem'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

/** What a person is asked by each method; other methods ask nobody. */
const prompting: Record<string, keyof Prompts> = {
  eth_requestAccounts: 'connect',
  eth_signTypedData_v4: 'pay',
  personal_sign: 'signIn',
  wallet_switchEthereumChain: 'chain',
}

export type Prompts = { connect: number; pay: number; signIn: number; chain: number }

export type TestWallet = {
  account: PrivateKeyAccount
  prompts: Prompts
  /** Says no to the next request of this kind, as a person does: EIP-1193 code 4001. */
  refuse(kind: keyof Prompts): void
  /** Keeps the next request of this kind waiting; resolves, once it is there, to what lets it go. */
  hold(kind: keyof Prompts): Promise<() => void>
  /** Puts it into the pages of a context; connected already where it was before. */
  install(context: BrowserContext): Promise<void>
}

type Answer = { result: unknown } | { error: { code: number; message: string } }
type Call = { method: string; params?: readonly unknown[] }

export function createTestWallet({ chainId = 84532 } = {}): TestWallet {
  const account = privateKeyToAccount(generatePrivateKey())
  const prompts: Prompts = { connect: 0, pay: 0, signIn: 0, chain: 0 }
  const refusals = new Set<keyof Prompts>()
  const held = new Map<keyof Prompts, (release: () => void) => void>()
  let connected = false
  let active = chainId

  async function ask(kind: keyof Prompts): Promise<boolean> {
    prompts[kind] += 1
    const arrived = held.get(kind)
    held.delete(kind)
    if (arrived) await new Promise<void>((release) => arrived(release))
    return !refusals.delete(kind)
  }

  async function answer({ method, params = [] }: Call): Promise<Answer> {
    const kind = prompting[method]
    if (kind && !(await ask(kind))) return { error: { code: 4001, message: 'User rejected the request.' } }
    if (method === 'eth_requestAccounts') connected = true
    if (method === 'eth_requestAccounts' || method === 'eth_accounts') {
      // Wallets answer in lower case.
      return { result: connected ? [account.address.toLowerCase()] : [] }
    }
    if (method === 'eth_chainId') return { result: `0x${active.toString(16)}` }
    if (method === 'wallet_switchEthereumChain') {
      active = Number((params[0] as { chainId: string }).chainId)
      return { result: null }
    }
    if (method === 'personal_sign') {
      return { result: await account.signMessage({ message: { raw: params[0] as Hex } }) }
    }
    if (method !== 'eth_signTypedData_v4') return { error: { code: 4200, message: `No ${method} here.` } }
    const data = JSON.parse(String(params[1])) as TypedDataDefinition & { domain: { chainId: number } }
    if (Number(data.domain.chainId) !== active) return { error: { code: -32603, message: 'Wrong chain.' } }
    return { result: await account.signTypedData(data) }
  }

  return {
    account,
    prompts,
    refuse: (kind) => void refusals.add(kind),
    hold: (kind) => new Promise((resolve) => held.set(kind, resolve)),
    async install(context) {
      await context.exposeFunction('askTestWallet', answer)
      await context.addInitScript(provideWallet)
    },
  }
}

/** Runs in the page, before anything else: announces the wallet as EIP-6963 says. */
function provideWallet(): void {
  const { askTestWallet } = window as unknown as { askTestWallet(call: Call): Promise<Answer> }
  const provider = {
    async request(call: Call) {
      const answer = await askTestWallet(call)
      if ('result' in answer) return answer.result
      throw Object.assign(new Error(answer.error.message), answer.error)
    },
    on() {},
    removeListener() {},
  }
  const info = {
    uuid: 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6',
    name: 'Test Wallet',
    icon: '',
    rdns: 'test.wallet',
  }
  const announce = () =>
    window.dispatchEvent(
      new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }),
    )
  window.addEventListener('eip6963:requestProvider', announce)
  announce()
}
