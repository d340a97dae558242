// Wallets that ask a person, or never answer.
import { type Hex, recoverMessageAddress } from 'viem'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toWallet, type Wallet } from '../../src/wallet.ts'
import {
  account,
  clientWith,
  codeOf,
  data,
  expectValid,
  message,
  other,
  rpcError,
} from '../support/browser-wallet.ts'

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
