// A wallet as a browser extension is one, and every way in which one may misbehave.
import {
  createWalletClient,
  custom,
  type EIP1193RequestFn,
  type Hex,
  recoverMessageAddress,
  recoverTypedDataAddress,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import { WalletError } from '../../src/errors.ts'
import { toWallet, type Wallet } from '../../src/wallet.ts'
import { usdcAssets } from '../../src/x402/assets.ts'
import { authorizationTypedData } from '../../src/x402/exact.ts'

export const key = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
export const account = privateKeyToAccount(key)
export const other = privateKeyToAccount('0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a')
export const data = authorizationTypedData(usdcAssets['eip155:8453'], {
  from: account.address,
  to: '0x07F067959297767c887dbfA3C72379c66E82a045',
  value: '130000',
  validAfter: '0',
  validBefore: '1795360772',
  nonce: `0x${'1'.repeat(64)}`,
})
export const message = 'stablestudio.dev wants you to sign in\n\nwith ünïcode'

export type Behaviour = {
  signer?: typeof account
  chainId?: number
  /** Changes or replaces the signature. */
  sign?: (signature: Hex) => unknown
  /** Answers a method instead of the provider; `undefined` leaves it to the provider. */
  answer?: (method: string) => Promise<unknown> | undefined
  /** Whether a switch that is granted takes effect. */
  switches?: boolean
}

export const rpcError = (code: number, text: string) => Object.assign(new Error(text), { code })

/** An EIP-1193 provider as a browser wallet is one, and every way in which one may misbehave. */
export function provider({
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

export function clientWith(behaviour: Behaviour = {}) {
  const { calls, request } = provider(behaviour)
  const transport = custom({ request }, { retryCount: 0 })
  const wallet = toWallet(createWalletClient({ account: account.address, transport }))
  return { calls, wallet: taken(wallet) }
}

export function taken(wallet: Wallet | string): Wallet {
  if (typeof wallet === 'string') throw new Error(wallet)
  return wallet
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => 'signed',
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof WalletError)) throw error
  expect(error).toMatchObject({ phase: 'sign', payment: 'none', safeToRetry: true })
  return error.code
}

export async function expectValid(wallet: Wallet) {
  const payment = await wallet.signTypedData(data)
  expect(payment).toMatch(/^0x[0-9a-f]{128}1[bc]$/)
  expect(await recoverTypedDataAddress({ ...data, signature: payment })).toBe(account.address)
  const signature = await wallet.signMessage(message)
  expect(signature).toMatch(/^0x[0-9a-f]{128}1[bc]$/)
  expect(await recoverMessageAddress({ message, signature })).toBe(account.address)
}
