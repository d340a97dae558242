// Sign-in proofs of Solana accounts, right and wrong, on both services.
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { solana, solanaKey } from '../../../src/entries/solana.ts'
import { StableStudioClient } from '../../../src/index.ts'
import { encode58 } from '../../../src/internal/base58.ts'
import { formatSolanaSignIn } from '../../../src/methods/solana/sign-in.ts'
import type { SignInMessage } from '../../../src/siwx/message.ts'
import { secret } from '../../support/solana-secret.ts'
import { see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { input } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()

type Wrong = {
  message?: Partial<SignInMessage>
  text?: (text: string) => string
  signature?: (bytes: Uint8Array) => string
  header?: Record<string, unknown>
}

/** Buys a picture, and signs in for its job. */
async function signIn(stack: Stack, { message, text = (one) => one, signature = encode58, header }: Wrong) {
  const account = await solanaKey(await secret())
  stack.solana.named.set(account.address, 'payer')
  await stack.solana.fund(account.address, '1')
  const { url } = stack
  const studio = new StableStudioClient({
    payWith: [solana({ account, rpc: stack.solana.rpcUrl })],
    baseUrl: url,
    origin: url,
  })
  const job = await studio.submit('nano-banana/generate', input)
  const at = `/api/jobs/${job.id}`
  const whole: SignInMessage = {
    domain: new URL(url).hostname,
    address: account.address,
    uri: url + at,
    version: '1',
    chainId: 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp',
    nonce: randomBytes(16).toString('hex'),
    issuedAt: new Date(Date.now() - 15_000).toISOString(),
    expirationTime: new Date(Date.now() + 240_000).toISOString(),
    ...message,
  }
  const signed = await account.sign(new TextEncoder().encode(text(formatSolanaSignIn(whole))))
  const proof = { ...whole, type: 'ed25519', signature: signature(signed), ...header }
  const encoded = Buffer.from(JSON.stringify(proof)).toString('base64')
  const { status, body } = await see(stack, at, { headers: { 'sign-in-with-x': encoded } })
  return { status, error: (body as { error?: unknown }).error, code: (body as { code?: unknown }).code }
}

describe('a proof is accepted', () => {
  test.each<[string, Wrong]>([
    ['without a statement', {}],
    ['with a statement', { message: { statement: 'Sign in to verify your wallet identity' } }],
    ['with an empty statement', { message: { statement: '' } }],
    ['for another cluster', { message: { chainId: 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1' } }],
    ['of the other type', { header: { type: 'eip191' } }],
    ['without an end', { message: { expirationTime: undefined } }],
    ['with a short nonce', { message: { nonce: randomBytes(2).toString('hex') } }],
    ['with a statement beyond ASCII', { message: { statement: 'é' } }],
  ])('%s', async (_what, wrong) => {
    expect(await same((stack) => signIn(stack, wrong))).toMatchObject({ status: 200 })
  })
})

describe('a proof is refused', () => {
  const wrongSignature = 'siwx_invalid_signature'
  test.each<[string, string, Wrong]>([
    ['in base64', wrongSignature, { signature: (bytes) => Buffer.from(bytes).toString('base64') }],
    ['in hex', wrongSignature, { signature: (bytes) => Buffer.from(bytes).toString('hex') }],
    ['over the text of Ethereum', wrongSignature, { text: (one) => one.replace('Solana', 'Ethereum') }],
    ['over another chain id', wrongSignature, { text: (one) => one.replace('ID: 5', 'ID: solana:5') }],
    ['over the prefix of hardware wallets', wrongSignature, { text: (one) => `\xffsolana offchain${one}` }],
    ['of another account', wrongSignature, { header: { address: encode58(new Uint8Array(32).fill(7)) } }],
    ['that is no key', wrongSignature, { header: { address: 'x' } }],
    [
      'from the future',
      'siwx_malformed',
      { message: { issuedAt: new Date(Date.now() + 60_000).toISOString() } },
    ],
    [
      'that has expired',
      'siwx_expired',
      { message: { issuedAt: new Date(Date.now() - 301_000).toISOString() } },
    ],
    ['without a type', 'siwx_malformed', { header: { type: undefined } }],
  ])('%s', async (_what, error, wrong) => {
    expect(await same((stack) => signIn(stack, wrong))).toMatchObject({ status: 402, error })
  })
})
