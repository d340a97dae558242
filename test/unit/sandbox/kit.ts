// What the sandbox's tests share: a wallet, requests as a careful client makes them, and every knob to make them wrong.
import { type Address, type Hex, toHex } from 'viem'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { expect } from 'vitest'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../../src/entries/sandbox.ts'
import { formatSignInMessage, type SignInMessage } from '../../../src/siwx/message.ts'
import { usdcAssets, type X402Network } from '../../../src/x402/assets.ts'
import { type Authorization, authorizationTypedData } from '../../../src/x402/exact.ts'
import type { PaymentRequirements } from '../../../src/x402/header.ts'

export const origin = 'https://stablestudio.dev'
export const generateUrl = `${origin}/api/generate/gpt-image-1/generate`
export const body = { prompt: 'a lighthouse at dusk', size: '1024x1024', quality: 'high' }

/** A clock that stands still until it is moved. */
export function stillClock(start = Date.parse('2026-11-22T12:00:00.000Z')) {
  let now = start
  return {
    now: () => now,
    advance: (ms: number) => {
      now += ms
    },
  }
}

export type Setup = { sandbox: Sandbox; wallet: PrivateKeyAccount; now: () => number }

export function setup(options: SandboxOptions = {}, usd = '5'): Setup {
  const sandbox = createSandbox({ clock: stillClock(), ...options })
  const wallet = privateKeyToAccount(generatePrivateKey())
  if (usd !== '0') sandbox.fund(wallet.address, usd)
  return { sandbox, wallet, now: () => sandbox.clock.now() }
}

export function post(
  url: string,
  value: unknown,
  headers: Record<string, string> = {},
): [string, RequestInit] {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return [url, { method: 'POST', body: text, headers: { 'content-type': 'application/json', ...headers } }]
}

export function base64(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
}

// biome-ignore lint/suspicious/noExplicitAny: tests read freely what the wire carried
export function decoded(header: string | null): any {
  return JSON.parse(Buffer.from(header ?? '', 'base64').toString())
}

/** The first offer of an unpaid request. */
export async function offerOf(
  sandbox: Sandbox,
  url = generateUrl,
  value: unknown = body,
): Promise<PaymentRequirements> {
  const response = await sandbox.fetch(...post(url, value))
  return decoded(response.headers.get('payment-required')).accepts[0]
}

export type Change = {
  /** Before signing. */
  authorization?: Partial<Authorization>
  /** Domain to sign with. */
  domain?: { name?: string; version?: string; chainId?: number }
  /** After signing. */
  signature?: (signature: Hex) => Hex
  sent?: Partial<Authorization>
  accepted?: Record<string, unknown>
  top?: Record<string, unknown>
}

/** A payment header for an offer, right unless a change makes it wrong. */
export async function pay(
  { wallet, now }: Pick<Setup, 'wallet' | 'now'>,
  offer: PaymentRequirements,
  change: Change = {},
): Promise<string> {
  const authorization: Authorization = {
    from: wallet.address,
    to: offer.payTo as Address,
    value: offer.amount,
    validAfter: '0',
    validBefore: String(Math.floor(now() / 1000) + 300),
    nonce: toHex(crypto.getRandomValues(new Uint8Array(32))),
    ...change.authorization,
  }
  const asset = { ...usdcAssets[offer.network as X402Network], ...change.domain }
  const signature = await wallet.signTypedData(authorizationTypedData(asset, authorization))
  return base64({
    x402Version: 2,
    accepted: { ...offer, ...change.accepted },
    payload: {
      signature: change.signature?.(signature) ?? signature,
      authorization: { ...authorization, ...change.sent },
    },
    ...change.top,
  })
}

/** Quotes and pays in one go. */
export async function buy(
  kit: Setup,
  url = generateUrl,
  value: unknown = body,
  change: Change = {},
): Promise<Response> {
  const header = await pay(kit, await offerOf(kit.sandbox, url, value), change)
  return kit.sandbox.fetch(...post(url, value, { 'payment-signature': header }))
}

/** A SIGN-IN-WITH-X header; `undefined` in a change leaves the field out. */
export async function proof(
  { wallet, now }: Pick<Setup, 'wallet' | 'now'>,
  change: Record<string, unknown> = {},
  signed: Record<string, unknown> = {},
): Promise<string> {
  const message = {
    domain: 'stablestudio.dev',
    address: wallet.address,
    statement: 'Sign in to verify your wallet identity',
    uri: `${origin}/api/jobs`,
    version: '1',
    chainId: 'eip155:8453',
    nonce: toHex(crypto.getRandomValues(new Uint8Array(16))).slice(2),
    issuedAt: new Date(now()).toISOString(),
    ...change,
  }
  const text = formatSignInMessage({ ...message, ...signed } as unknown as SignInMessage)
  const signature = await wallet.signMessage({ message: text })
  return base64({
    ...message,
    type: 'eip191',
    signature,
    ...(change.type !== undefined && { type: change.type }),
  })
}

/** A signed GET. */
export async function get(kit: Setup, path: string, change: Record<string, unknown> = {}): Promise<Response> {
  const header = await proof(kit, change)
  return kit.sandbox.fetch(`${origin}${path}`, { headers: { 'sign-in-with-x': header } })
}

/** Unix seconds, as an authorization has them. */
export function seconds(now: number, offset: number): string {
  return String(Math.floor(now / 1000) + offset)
}

/** Why a payment was refused. */
export async function reasonOf(response: Response): Promise<string> {
  expect(response.status).toBe(402)
  expect(response.headers.get('payment-response')).toBeNull()
  expect(decoded(response.headers.get('payment-required'))).not.toHaveProperty('error')
  const { reason, error } = await response.json()
  expect(error).toContain(reason)
  return reason
}

/** Nothing may have happened. */
export function expectUntouched({ sandbox, wallet }: Setup) {
  expect(sandbox.settlements()).toEqual([])
  expect(sandbox.jobs()).toEqual([])
  expect(sandbox.balance(wallet.address)).toBe('5.00')
}
