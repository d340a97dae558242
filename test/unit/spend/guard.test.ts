// What a spend account signs: payments to the service and sign-ins of its origin, as the client makes them, and nothing else.
import { createSpendAccount, type SpendAccount } from 'stablestudio/browser'
import { createSignInProof } from 'stablestudio/siwx'
import { recoverTypedDataAddress } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { live } from '../../../src/methods/live-payee.ts'
import { formatSignInMessage } from '../../../src/siwx/message.ts'
import { usdcAssets } from '../../../src/x402/assets.ts'
import { authorizationTypedData } from '../../../src/x402/exact.ts'
import { freshProfile } from '../../support/spend.ts'
import { failure } from '../../support/studio.ts'

const payee = live.payees['eip155:8453'] as `0x${string}`

let spend: SpendAccount
beforeEach(async () => {
  freshProfile()
  spend = await createSpendAccount()
})

const asset = usdcAssets['eip155:8453']
const stranger = '0x00000000000000000000000000000000000000AA'
const soon = () => Math.floor(Date.now() / 1000) + 300

const payment = (change: object = {}) =>
  authorizationTypedData(asset, {
    from: spend.address,
    to: payee,
    value: '136000',
    validAfter: '0',
    validBefore: String(soon()),
    nonce: `0x${'7'.repeat(64)}`,
    ...change,
  })

type Data = ReturnType<typeof payment>
const refusal = (data: unknown) => failure(spend.signTypedData(data as never))
const refused = { name: 'WalletError', code: 'signature_refused', payment: 'none' }

describe('typed data', () => {
  it('that pays the service is signed by this account', async () => {
    const signature = await spend.signTypedData(payment() as never)
    expect(await recoverTypedDataAddress({ ...payment(), signature } as never)).toBe(spend.address)
  })

  it.each<[string, (data: Data) => unknown]>([
    ['of a permit', (data) => ({ ...data, primaryType: 'Permit' })],
    ['of another transfer', (data) => ({ ...data, primaryType: 'ReceiveWithAuthorization' })],
    ['without a type', ({ primaryType, ...data }) => data],
    ['in another token', (data) => ({ ...data, domain: { ...data.domain, verifyingContract: stranger } })],
    ['on another chain', (data) => ({ ...data, domain: { ...data.domain, chainId: 1 } })],
    ['on the test network', (data) => ({ ...data, domain: { ...data.domain, chainId: 84532 } })],
    ['under another name', (data) => ({ ...data, domain: { ...data.domain, name: 'USDC' } })],
    ['with a salt', (data) => ({ ...data, domain: { ...data.domain, salt: `0x${'1'.repeat(64)}` } })],
    ['without a domain', (data) => ({ ...data, domain: undefined })],
    [
      'with another field',
      (data) => ({ ...data, types: { TransferWithAuthorization: [{ name: 'to', type: 'address' }] } }),
    ],
    ['of another account', () => payment({ from: stranger })],
    ['to a stranger', () => payment({ to: stranger })],
    ['to itself', () => payment({ to: spend.address })],
    ['to nobody', () => payment({ to: `0x${'0'.repeat(40)}` })],
    ['valid for a day', () => payment({ validBefore: String(soon() + 86_400) })],
    ['of no whole amount', (data) => ({ ...data, message: { ...data.message, value: '-1' } })],
    ['without a nonce', (data) => ({ ...data, message: { ...data.message, nonce: '0x7' } })],
    ['that is null', () => null],
    ['with its fields on a prototype', (data) => Object.create(data)],
  ])('%s is refused', async (_, change) => {
    expect(await refusal(change(payment()))).toMatchObject(refused)
  })

  it('pays only the first payee elsewhere than on the live service, in all tabs', async () => {
    const origin = 'http://127.0.0.1:4021'
    const account = await createSpendAccount({ name: 'local', origin })
    const pay = (from: SpendAccount, to: string) =>
      from.signTypedData(payment({ from: account.address, to }) as never)
    await pay(account, stranger)
    const tab = await createSpendAccount({ name: 'local', origin })
    await pay(tab, stranger)
    expect(await failure(pay(tab, payee))).toMatchObject(refused)
  })

  it('pays only `payees`, where they are given', async () => {
    const account = await createSpendAccount({ name: 'strict', payees: [stranger] })
    const pay = (to: string) => account.signTypedData(payment({ from: account.address, to }) as never)
    await pay(stranger)
    expect(await failure(pay(payee))).toMatchObject(refused)
  })
})

describe('a message', () => {
  const signIn = (change: object = {}) =>
    formatSignInMessage({
      domain: 'stablestudio.dev',
      address: spend.address,
      statement: 'Sign in to verify your wallet identity',
      uri: 'https://stablestudio.dev/api/jobs/1',
      version: '1',
      chainId: 'eip155:8453',
      nonce: 'abcdefgh1234',
      issuedAt: new Date().toISOString(),
      expirationTime: new Date(Date.now() + 240_000).toISOString(),
      ...change,
    })

  it('that signs in at the service is signed, as the client makes it', async () => {
    const signer = {
      address: spend.address,
      signMessage: (message: string) => spend.signMessage({ message }),
    }
    const context = { origin: 'https://stablestudio.dev', path: '/api/jobs/1', now: Date.now() }
    expect(await createSignInProof(signer, context)).toMatch(/^\w/)
    const resources = ['https://stablestudio.dev/api/jobs/1']
    await spend.signMessage({
      message: signIn({ resources, requestId: 'r', notBefore: new Date().toISOString() }),
    })
    await spend.signMessage({ message: signIn({ statement: undefined }) })
  })

  it.each<[string, () => unknown]>([
    ['plain text', () => 'hello'],
    ['bytes', () => ({ raw: '0x1234' })],
    ['a sign-in elsewhere', () => signIn({ domain: 'evil.example' })],
    ['a sign-in for another URI', () => signIn({ uri: 'https://evil.example/' })],
    ['a sign-in with a resource elsewhere', () => signIn({ resources: ['https://evil.example/'] })],
    ['a sign-in of another account', () => signIn({ address: stranger })],
    ['a sign-in on another chain', () => signIn({ chainId: 'eip155:1' })],
    [
      'a sign-in for a day',
      () => signIn({ expirationTime: new Date(Date.now() + 86_400_000).toISOString() }),
    ],
    ['a sign-in without a time', () => signIn({ issuedAt: 'now' })],
    ['a sign-in with more lines', () => `${signIn()}\nAnd all my money`],
    ['a sign-in with lines in its statement', () => signIn({ statement: 'x\n\nURI: https://evil.example' })],
    ['an endless one', () => signIn({ statement: 'x'.repeat(9_000) })],
  ])('%s is refused', async (_, message) => {
    expect(await failure(spend.signMessage({ message: message() } as never))).toMatchObject(refused)
  })
})

describe('everything else', () => {
  it('is refused: transactions, bare hashes, delegations', async () => {
    expect(await failure(spend.signTransaction({ to: stranger, value: 1n } as never))).toMatchObject(refused)
    expect(await failure(spend.sign?.({ hash: `0x${'1'.repeat(64)}` }) as never)).toMatchObject(refused)
    expect(
      await failure(spend.signAuthorization?.({ contractAddress: stranger } as never) as never),
    ).toMatchObject(refused)
  })
})
