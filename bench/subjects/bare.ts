// The limit: raw viem signatures and fetch. Nothing is checked, recorded, bounded or retried.
import type { Hex, LocalAccount } from 'viem'
import { type Generate, input, operation, origin, pollEveryMs, type Setup } from '../lib/subject.ts'

const headers = { 'content-type': 'application/json' }

export function create({ account, fetch }: Setup): Generate {
  return async () => poll(account, fetch, await submit(account, fetch))
}

async function submit(account: LocalAccount, fetch: Setup['fetch']): Promise<string> {
  const url = `${origin}/api/generate/${operation}`
  const request = { method: 'POST', headers, body: JSON.stringify(input) }
  const priced = await fetch(url, request)
  await priced.text()
  const payment = await pay(account, decode(priced.headers.get('payment-required') ?? ''))
  const paid = await fetch(url, { ...request, headers: { ...headers, 'payment-signature': payment } })
  const { jobId } = (await paid.json()) as { jobId: string }
  return `${origin}/api/jobs/${jobId}`
}

async function poll(account: LocalAccount, fetch: Setup['fetch'], url: string): Promise<string> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs))
    const image = await look(fetch, url, await prove(account, url))
    if (image) return image
  }
}

async function look(fetch: Setup['fetch'], url: string, proof: string): Promise<string | undefined> {
  const answer = await fetch(url, { headers: { 'sign-in-with-x': proof } })
  const job = (await answer.json()) as { status: string; result?: { imageUrl: string } }
  return job.status === 'complete' ? job.result?.imageUrl : undefined
}

type Offer = {
  scheme: string
  network: string
  amount: string
  asset: Hex
  payTo: Hex
  maxTimeoutSeconds: number
  extra: { name: string; version: string }
}

type Required = { resource: unknown; accepts: Offer[]; extensions: unknown }

const transfer = {
  TransferWithAuthorization: [
    { name: 'from', type: 'address' },
    { name: 'to', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'validAfter', type: 'uint256' },
    { name: 'validBefore', type: 'uint256' },
    { name: 'nonce', type: 'bytes32' },
  ],
} as const

export async function pay(account: LocalAccount, required: Required): Promise<string> {
  const accepted = required.accepts.find(({ network }) => network.startsWith('eip155:')) as Offer
  const validBefore = Math.floor(Date.now() / 1000) + accepted.maxTimeoutSeconds
  const nonce: Hex = `0x${randomHex(32)}`
  const signature = await account.signTypedData({
    domain: { ...accepted.extra, chainId: chainOf(accepted.network), verifyingContract: accepted.asset },
    types: transfer,
    primaryType: 'TransferWithAuthorization',
    message: {
      from: account.address,
      to: accepted.payTo,
      value: BigInt(accepted.amount),
      validAfter: 0n,
      validBefore: BigInt(validBefore),
      nonce,
    },
  })
  const authorization = {
    from: account.address,
    to: accepted.payTo,
    value: accepted.amount,
    validAfter: '0',
    validBefore: String(validBefore),
    nonce,
  }
  const { resource, extensions } = required
  return encode({ x402Version: 2, resource, accepted, payload: { signature, authorization }, extensions })
}

export async function prove(account: LocalAccount, uri: string): Promise<string> {
  const { address } = account
  const domain = new URL(uri).hostname
  const nonce = randomHex(16)
  const issuedAt = new Date(Date.now() - 30_000).toISOString()
  const message = `${domain} wants you to sign in with your Ethereum account:\n${address}\n\n\nURI: ${uri}\nVersion: 1\nChain ID: 8453\nNonce: ${nonce}\nIssued At: ${issuedAt}`
  const signature = await account.signMessage({ message })
  const proof = {
    domain,
    address,
    uri,
    version: '1',
    chainId: 'eip155:8453',
    type: 'eip191',
    nonce,
    issuedAt,
  }
  return encode({ ...proof, signature })
}

function chainOf(network: string): number {
  return Number(network.split(':')[1])
}

function randomHex(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}

export function decode(text: string): Required {
  return JSON.parse(Buffer.from(text, 'base64').toString())
}
