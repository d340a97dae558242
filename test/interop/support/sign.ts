// Payments and sign-in proofs made with viem alone, so that they can be wrong in every way and owe nothing to the client.
import { randomBytes } from 'node:crypto'
import { getAddress, type Hex, toHex } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import type { Stack } from './stack.ts'

export const path = '/api/generate/nano-banana/generate'
export const input = { prompt: 'a lighthouse at dusk' }

export type Offer = {
  network: string
  amount: string
  asset: Hex
  payTo: Hex
  extra: Record<string, unknown>
  [field: string]: unknown
}
export type Challenge = { accepts: Offer[]; resource: unknown; extensions: unknown }
export type Authorization = {
  from: Hex
  to: Hex
  value: string
  validAfter: string
  validBefore: string
  nonce: Hex
}

export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method: 'POST', body: text, headers: { 'content-type': 'application/json', ...headers } }
}

export async function challenge(stack: Stack, body: unknown = input, at = path): Promise<Challenge> {
  const response = await fetch(`${stack.url}${at}`, post(body))
  return JSON.parse(atob(response.headers.get('payment-required') ?? ''))
}

export function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** What may be wrong with a payment. */
export type Wrong = {
  /** Signed so. */
  authorization?: Partial<Authorization>
  /** Named so beside it. */
  accepted?: Record<string, unknown>
  /** The domain that is signed. */
  domain?: Record<string, unknown>
  signature?: (signature: Hex) => Hex
  /** After signing. */
  tampered?: Partial<Authorization>
  payload?: (payload: Record<string, unknown>) => unknown
}

/** The value of `PAYMENT-SIGNATURE`. */
export async function pay(
  { accepts, resource, extensions }: Challenge,
  wallet: PrivateKeyAccount,
  wrong: Wrong = {},
): Promise<string> {
  const offer = accepts[0]
  if (!offer) throw new Error('no offer')
  const authorization: Authorization = {
    from: wallet.address,
    to: getAddress(offer.payTo),
    value: offer.amount,
    validAfter: '0',
    validBefore: String(seconds() + 300),
    nonce: toHex(randomBytes(32)),
    ...wrong.authorization,
  }
  const signature = await wallet.signTypedData({
    domain: {
      name: String(offer.extra.name),
      version: String(offer.extra.version),
      chainId: 8453,
      verifyingContract: getAddress(offer.asset),
      ...wrong.domain,
    },
    types: {
      TransferWithAuthorization: [
        { name: 'from', type: 'address' },
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'validAfter', type: 'uint256' },
        { name: 'validBefore', type: 'uint256' },
        { name: 'nonce', type: 'bytes32' },
      ],
    },
    primaryType: 'TransferWithAuthorization',
    message: {
      ...authorization,
      value: BigInt(authorization.value),
      validAfter: BigInt(authorization.validAfter),
      validBefore: BigInt(authorization.validBefore),
    },
  })
  const payload = {
    x402Version: 2,
    resource,
    accepted: { ...offer, ...wrong.accepted },
    payload: {
      signature: wrong.signature?.(signature) ?? signature,
      authorization: { ...authorization, ...wrong.tampered },
    },
    extensions,
  }
  return encode(wrong.payload?.(payload) ?? payload)
}

/** Pays for a picture, whole and well, and gives its job's id. */
export async function buy(stack: Stack, wallet: PrivateKeyAccount, body: unknown = input): Promise<string> {
  const header = await pay(await challenge(stack, body), wallet)
  const response = await fetch(`${stack.url}${path}`, post(body, { 'payment-signature': header }))
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()).jobId
}

export type Proof = Record<string, unknown>

/** The value of `SIGN-IN-WITH-X`, from a challenge's fields or made without one. */
export async function signIn(
  stack: Stack,
  wallet: PrivateKeyAccount,
  fields: Proof = {},
  tampered: Proof = {},
): Promise<string> {
  const proof: Proof = {
    domain: '127.0.0.1',
    address: wallet.address,
    statement: 'Sign in to verify your wallet identity',
    uri: `${stack.url}/api/jobs`,
    version: '1',
    chainId: 'eip155:8453',
    type: 'eip191',
    nonce: randomBytes(16).toString('hex'),
    issuedAt: new Date(Date.now() - 2_000).toISOString(),
    ...fields,
  }
  const signature = await wallet.signMessage({ message: message(proof) })
  return encode({ ...proof, signature, ...tampered })
}

/** EIP-4361. */
function message(proof: Proof): string {
  const lines = [
    `${proof.domain} wants you to sign in with your Ethereum account:`,
    proof.address,
    '',
    ...(proof.statement === undefined ? [''] : [proof.statement, '']),
    `URI: ${proof.uri}`,
    `Version: ${proof.version}`,
    `Chain ID: ${String(proof.chainId).split(':')[1]}`,
    `Nonce: ${proof.nonce}`,
    `Issued At: ${proof.issuedAt}`,
  ]
  if (proof.expirationTime !== undefined) lines.push(`Expiration Time: ${proof.expirationTime}`)
  if (proof.notBefore !== undefined) lines.push(`Not Before: ${proof.notBefore}`)
  if (proof.requestId !== undefined) lines.push(`Request ID: ${proof.requestId}`)
  if (Array.isArray(proof.resources)) lines.push('Resources:', ...proof.resources.map((one) => `- ${one}`))
  return lines.join('\n')
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}
