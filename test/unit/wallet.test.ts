import {
  createWalletClient,
  custom,
  type EIP1193RequestFn,
  type Hex,
  recoverMessageAddress,
  recoverTypedDataAddress,
} from 'viem'
import { mnemonicToAccount, privateKeyToAccount, toAccount } from 'viem/accounts'
import { base } from 'viem/chains'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WalletError } from '../../src/errors.ts'
import { noWallet, toWallet, type Wallet } from '../../src/wallet.ts'
import { usdcAssets } from '../../src/x402/assets.ts'
import { authorizationTypedData } from '../../src/x402/exact.ts'

const key = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const account = privateKeyToAccount(key)
const other = privateKeyToAccount('0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a')
const data = authorizationTypedData(usdcAssets['eip155:8453'], {
  from: account.address,
  to: '0x07F067959297767c887dbfA3C72379c66E82a045',
  value: '130000',
  validAfter: '0',
  validBefore: '1795360772',
  nonce: `0x${'1'.repeat(64)}`,
})
const message = 'stablestudio.dev wants you to sign in\n\nwith ünïcode'

type Behaviour = {
  signer?: typeof account
  chainId?: number
  /** Changes or replaces the signature. */
  sign?: (signature: Hex) => unknown
  /** Answers a method instead of the provider; `undefined` leaves it to the provider. */
  answer?: (method: string) => Promise<unknown> | undefined
  /** Whether a switch that is granted takes effect. */
  switches?: boolean
}

const rpcError = (code: number, text: string) => Object.assign(new Error(text), { code })

/** An EIP-1193 provider as a browser wallet is one, and every way in which one may misbehave. */
function provider({
  signer = account,
  chainId = 8453,
  sign = (one) => one,
  answer,
  switches = true,
}: Behaviour) {
  const calls: string[] = []
  let active = chainId
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    calls.push(method)
    const instead = answer?.(method)
    if (instead) return instead
    const given = params as string[]
    if (method === 'eth_chainId') return `0x${active.toString(16)}`
    if (method === 'wallet_switchEthereumChain') {
      if (switches) active = Number((params as [{ chainId: string }])[0].chainId)
      return null
    }
    if (method === 'eth_signTypedData_v4') return sign(await signer.signTypedData(JSON.parse(given[1] ?? '')))
    if (method === 'personal_sign')
      return sign(await signer.signMessage({ message: { raw: given[0] as Hex } }))
    throw rpcError(4200, `${method} is not supported`)
  }
  return { calls, request: request as EIP1193RequestFn }
}

function clientWith(behaviour: Behaviour = {}) {
  const { calls, request } = provider(behaviour)
  const transport = custom({ request }, { retryCount: 0 })
  const wallet = toWallet(createWalletClient({ account: account.address, transport }))
  return { calls, wallet: taken(wallet) }
}

function taken(wallet: Wallet | string): Wallet {
  if (typeof wallet === 'string') throw new Error(wallet)
  return wallet
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => 'signed',
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof WalletError)) throw error
  expect(error).toMatchObject({ phase: 'sign', payment: 'none', safeToRetry: true })
  return error.code
}

async function expectValid(wallet: Wallet) {
  const payment = await wallet.signTypedData(data)
  expect(payment).toMatch(/^0x[0-9a-f]{128}1[bc]$/)
  expect(await recoverTypedDataAddress({ ...data, signature: payment })).toBe(account.address)
  const signature = await wallet.signMessage(message)
  expect(signature).toMatch(/^0x[0-9a-f]{128}1[bc]$/)
  expect(await recoverMessageAddress({ message, signature })).toBe(account.address)
}

describe('a local account', () => {
  it('signs without asking a person', async () => {
    const wallet = taken(toWallet(account))
    expect(wallet).toMatchObject({ address: account.address, prompts: false })
    await expectValid(wallet)
  })

  it('may come from a mnemonic', async () => {
    const hd = mnemonicToAccount('test test test test test test test test test test test junk')
    const wallet = taken(toWallet(hd))
    const signature = await wallet.signMessage(message)
    expect(await recoverMessageAddress({ message, signature })).toBe(hd.address)
  })

  it('may be that of a wallet client', async () => {
    const client = createWalletClient({ account, transport: custom(provider({})), chain: base })
    const wallet = taken(toWallet(client))
    expect(wallet.prompts).toBe(false)
    await expectValid(wallet)
  })
})

describe('an account whose key lies in a KMS', () => {
  const kms = (change: Partial<Pick<typeof account, 'signMessage' | 'signTypedData'>> = {}) =>
    toAccount({
      address: account.address,
      signMessage: change.signMessage ?? account.signMessage,
      signTypedData: change.signTypedData ?? account.signTypedData,
      signTransaction: account.signTransaction,
    })

  it('signs, and is checked', async () => {
    await expectValid(taken(toWallet(kms())))
  })

  it('that answers with v 0 or 1 is put right', async () => {
    const low = (signature: Hex): Hex =>
      `${signature.slice(0, -2) as Hex}0${Number.parseInt(signature.slice(-2), 16) - 27}`
    const wallet = kms({
      signMessage: async (one) => low(await account.signMessage(one)),
      signTypedData: async (one) => low(await account.signTypedData(one)),
    })
    await expectValid(taken(toWallet(wallet)))
  })

  it('that signs with another key is refused', async () => {
    const wallet = taken(
      toWallet(kms({ signMessage: other.signMessage, signTypedData: other.signTypedData })),
    )
    expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_failed')
    expect(await codeOf(wallet.signMessage(message))).toBe('wallet_failed')
  })

  it('that throws, at once or later, is a wallet that failed', async () => {
    const cause = new Error('KMS is down')
    const throwing = () => {
      throw cause
    }
    for (const broken of [throwing, () => Promise.reject(cause)]) {
      const wallet = taken(toWallet(kms({ signMessage: broken, signTypedData: broken })))
      expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_failed')
      await expect(wallet.signMessage(message)).rejects.toMatchObject({ cause })
    }
  })
})

describe('a wallet that asks a person', () => {
  it('signs for the right chain', async () => {
    const { calls, wallet } = clientWith()
    expect(wallet).toMatchObject({ address: account.address, prompts: true })
    await expectValid(wallet)
    expect(calls).toEqual(['eth_chainId', 'eth_signTypedData_v4', 'personal_sign'])
  })

  it('that answers with v 0 or 1 is put right: the token contract would refuse it', async () => {
    const sign = (signature: Hex) =>
      `${signature.slice(0, -2)}0${Number.parseInt(signature.slice(-2), 16) - 27}`
    await expectValid(clientWith({ sign }).wallet)
  })

  it('is switched to the chain of the payment, and only for a payment', async () => {
    const { calls, wallet } = clientWith({ chainId: 1 })
    await wallet.signMessage(message)
    expect(calls).toEqual(['personal_sign'])
    await wallet.signTypedData(data)
    expect(calls).toEqual([
      'personal_sign',
      'eth_chainId',
      'wallet_switchEthereumChain',
      'eth_signTypedData_v4',
    ])
  })

  it('that refuses to switch is on the wrong chain, and is not asked to sign', async () => {
    const wrapped = Object.assign(rpcError(-32603, 'Internal'), {
      data: { originalError: rpcError(4902, 'Unrecognized chain') },
    })
    const refusals = [
      [rpcError(4001, 'User rejected'), 'wallet_rejected', 'rejected'],
      [rpcError(4902, 'Unrecognized chain'), 'wallet_wrong_chain', 'Add Base'],
      [wrapped, 'wallet_wrong_chain', 'Add Base'],
      [new Error('no'), 'wallet_wrong_chain', 'Switch the wallet to Base'],
    ] as const
    for (const [refusal, code, advice] of refusals) {
      const answer = (method: string) =>
        method === 'wallet_switchEthereumChain' ? Promise.reject(refusal) : undefined
      const { calls, wallet } = clientWith({ chainId: 1, answer })
      const error = await wallet.signTypedData(data).catch((one: unknown) => one)
      expect(error).toMatchObject({ code, message: expect.stringContaining(advice) })
      expect(calls).not.toContain('eth_signTypedData_v4')
    }
  })

  it('that says no has rejected', async () => {
    const answer = (method: string) =>
      method === 'eth_signTypedData_v4' || method === 'personal_sign'
        ? Promise.reject(rpcError(4001, 'User rejected the request.'))
        : undefined
    const { wallet } = clientWith({ answer })
    expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_rejected')
    expect(await codeOf(wallet.signMessage(message))).toBe('wallet_rejected')
  })

  // viem turns 5000, the refusal of CAIP-25, into 4001.
  it.each([
    [4001, 'wallet_rejected'],
    [5000, 'wallet_rejected'],
    [-32603, 'wallet_failed'],
    [4100, 'wallet_failed'],
    [4200, 'wallet_failed'],
    [4900, 'wallet_failed'],
  ])('that fails with code %i gives %s', async (code, expected) => {
    const answer = (method: string) =>
      method === 'eth_signTypedData_v4' ? Promise.reject(rpcError(code, 'x')) : undefined
    expect(await codeOf(clientWith({ answer }).wallet.signTypedData(data))).toBe(expected)
  })

  it('that signs with another account has failed', async () => {
    const { wallet } = clientWith({ signer: other })
    expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_failed')
    expect(await codeOf(wallet.signMessage(message))).toBe('wallet_failed')
  })

  it.each<[string, (signature: Hex) => unknown]>([
    ['66 bytes', (one) => `${one}00`],
    ['a wrapped signature of a smart account', (one) => `${one}${'00'.repeat(200)}`],
    ['64 bytes', (one) => one.slice(0, -2)],
    ['nothing', () => '0x'],
    ['null', () => null],
    ['an object', () => ({ r: '0x1' })],
    ['a text', () => 'signed'],
    ['a line break', (one) => `${one}\n`],
  ])('that answers with %s is not supported', async (_name, sign) => {
    const { wallet } = clientWith({ sign })
    expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_not_supported')
    expect(await codeOf(wallet.signMessage(message))).toBe('wallet_not_supported')
  })

  it.each(['00'.repeat(65), 'ff'.repeat(65), `${'11'.repeat(64)}02`, `${'11'.repeat(64)}25`])(
    'that answers with 65 bytes of no signature has failed: 0x%s',
    async (bytes) => {
      const { wallet } = clientWith({ sign: () => `0x${bytes}` })
      expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_failed')
    },
  )

  it('never repeats a signature in its error', async () => {
    const { wallet } = clientWith({ signer: other })
    const signature = await other.signTypedData(data)
    const error = await wallet.signTypedData(data).catch((thrown: unknown) => thrown)
    expect(JSON.stringify(error) + String(error)).not.toContain(signature.slice(2, 40))
  })
})

describe('a wallet that never answers', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
  const never = (silent: string) => (method: string) =>
    method === silent ? new Promise<never>(() => {}) : undefined

  it.each([
    ['eth_signTypedData_v4', 'wallet_timeout', 1],
    ['eth_chainId', 'wallet_timeout', 8453],
    ['wallet_switchEthereumChain', 'wallet_wrong_chain', 1],
  ])('to %s does not hang the payment for ever: %s', async (method, code, chainId) => {
    const { wallet } = clientWith({ chainId, answer: never(method) })
    const outcome = codeOf(wallet.signTypedData(data))
    await vi.advanceTimersByTimeAsync(5 * 60_000 + 1000)
    expect(await outcome).toBe(code)
  })

  it('to a sign-in does not hang the poll for ever', async () => {
    const { wallet } = clientWith({ answer: never('personal_sign') })
    const outcome = codeOf(wallet.signMessage(message))
    await vi.advanceTimersByTimeAsync(5 * 60_000 + 1000)
    expect(await outcome).toBe('wallet_timeout')
  })

  it('is waited for as long as a person may need', async () => {
    const slow = (method: string) =>
      method === 'personal_sign'
        ? new Promise<Hex>((resolve) =>
            setTimeout(() => resolve(account.signMessage({ message })), 4 * 60_000),
          )
        : undefined
    const { wallet } = clientWith({ answer: slow })
    const signature = wallet.signMessage(message)
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    expect(await recoverMessageAddress({ message, signature: await signature })).toBe(account.address)
  })

  it('is not asked any more when the call was aborted before, of whatever kind it is', async () => {
    const asked = vi.fn()
    const spied = { ...account, signTypedData: asked, signMessage: asked }
    const { calls, wallet } = clientWith({})
    const patience = { signal: AbortSignal.abort('before'), left: () => 60_000 }
    for (const one of [toWallet(spied) as Wallet, wallet]) {
      await expect(one.signTypedData(data, patience)).rejects.toBe('before')
      await expect(one.signMessage(message, patience)).rejects.toBe('before')
    }
    expect(asked).not.toHaveBeenCalled()
    expect(calls.filter((method) => /sign/i.test(method))).toEqual([])
  })

  it('is given up at once when the call is aborted', async () => {
    const stop = new AbortController()
    const { calls, wallet } = clientWith({ answer: never('eth_signTypedData_v4') })
    const reason = new Error('enough')
    const outcome = expect(
      wallet.signTypedData(data, { signal: stop.signal, left: () => 60_000 }),
    ).rejects.toBe(reason)
    for (let turn = 0; turn < 50 && !calls.includes('eth_signTypedData_v4'); turn += 1)
      await Promise.resolve()
    stop.abort(reason)
    await outcome
  })
})

describe('what is no wallet', () => {
  it.each<[string, unknown, RegExp]>([
    ['a private key', key, /not a string.*privateKeyToAccount/],
    ['an address', account.address, /not a string/],
    ['nothing', undefined, /must be a viem/],
    ['null', null, /must be a viem/],
    ['a number', 7, /must be a viem/],
    ['an object', {}, /no valid address/],
    [
      'a client without account',
      createWalletClient({ transport: custom(provider({})) }),
      /without an account/,
    ],
    ['an account without a type', { address: account.address }, /must be a viem/],
    ['a json-rpc account by itself', { type: 'json-rpc', address: account.address }, /must be a viem/],
    ['an account with a short address', { ...account, address: '0x1234' }, /no valid address/],
    ['a smart account by itself', { type: 'smart', address: account.address }, /must be a viem/],
  ])('%s is refused', (_name, option, text) => {
    const problem = toWallet(option)
    expect(problem).toMatch(text)
    expect(problem).not.toContain(key.slice(2))
  })

  it('a client with a smart account is refused with the reason', () => {
    const smart = { type: 'smart', address: account.address, signMessage: () => {}, signTypedData: () => {} }
    const client = { account: smart, signTypedData: () => {}, signMessage: () => {} }
    expect(toWallet(client)).toMatch(/smart account.*sign in to collect/)
  })

  it('has an error of its own for calls that need one', () => {
    expect(noWallet()).toMatchObject({ code: 'wallet_missing', payment: 'none', safeToRetry: true })
  })
})
