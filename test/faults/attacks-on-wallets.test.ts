// Sign-ins that are for someone else, and wallets that hang or sign something else.
import { createWalletClient, custom } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { played, start, useTestClock } from '../support/clock.ts'
import { bend, type Challenge, createHostile } from '../support/hostile.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

describe('A11 sign-in phishing', () => {
  const signIn = (change: (info: Challenge, extension: Challenge) => void) =>
    createHostile(async (request, genuine) => {
      const own = request.headers.has('sign-in-with-x')
      const answer = own ? await hostileUnproven(request) : await genuine()
      return bend(answer, (challenge) => {
        const extension = challenge.extensions?.['sign-in-with-x']
        if (extension) change(extension.info, extension)
      })
    })
  const sandbox = createSandbox()
  const hostileUnproven = (request: Request) => {
    const unproven = new Request(request)
    unproven.headers.delete('sign-in-with-x')
    return sandbox.fetch(unproven)
  }

  it.each<[string, (info: Challenge, extension: Challenge) => void]>([
    ['another domain', (info) => void Object.assign(info, { domain: 'bank.example' })],
    ['another URI', (info) => void Object.assign(info, { uri: 'https://bank.example/login' })],
    [
      'a look-alike origin',
      (info) => void Object.assign(info, { uri: 'https://stablestudio.dev.evil.com/' }),
    ],
    ['another chain', (info) => void Object.assign(info, { chainId: 'eip155:1' })],
    [
      'a statement over two lines',
      (info) => void Object.assign(info, { statement: 'hello\nURI: https://bank.example' }),
    ],
    [
      'a window of a day',
      (info) => void Object.assign(info, { expirationTime: new Date(start + 86_400_000).toISOString() }),
    ],
  ])('asks to sign in with %s', async (_name, change) => {
    const hostile = signIn(change)
    const error = await played(failure(hostile.studio.jobs.get('cjob')))
    expect(error).toMatchObject({ name: 'SignInError', code: 'signin_mismatch' })
    // One proof of the client's own; the bent challenge was not signed.
    expect(hostile.wallet.signed.messages).toHaveLength(1)
    expect(hostile.wallet.signed.messages[0]).toContain('stablestudio.dev wants you to sign in')
  })
})

describe('A12 sign-in replay', () => {
  it('never uses a proof twice', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    const job = await played(hostile.studio.submit(operation, input))
    await played(hostile.studio.wait(job))
    await hostile.studio.jobs.get(job.id)
    const proofs = hostile.requests.map(({ headers }) => headers.get('sign-in-with-x')).filter((one) => one)
    expect(proofs.length).toBeGreaterThan(1)
    expect(new Set(proofs).size).toBe(proofs.length)
  })
})

describe('A19 wallets that hang or sign something else', () => {
  const address = '0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A'
  const key = `0x${'1'.repeat(64)}` as const

  /** An EIP-1193 wallet on another chain, and what it was asked. */
  function injected(answers: Record<string, (params: never) => unknown>) {
    const asked: { method: string; params?: unknown }[] = []
    const request = async ({ method, params }: { method: string; params?: unknown }) => {
      asked.push({ method, params })
      const answer = answers[method]
      if (!answer) throw Object.assign(new Error('unsupported'), { code: 4200 })
      return answer(params as never)
    }
    return { asked, wallet: createWalletClient({ account: address, transport: custom({ request }) }) }
  }
  const never = () => new Promise(() => {})

  it('never answers a switch to a chain that it does not know: ends, and nothing is signed', async () => {
    const { wallet, asked } = injected({ eth_chainId: () => '0x1', wallet_switchEthereumChain: never })
    const hostile = createHostile((_request, genuine) => genuine(), { wallet })
    const error = await played(failure(hostile.studio.submit(operation, input)))
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'wallet_wrong_chain',
      payment: 'none',
      safeToRetry: true,
    })
    expect(asked.map(({ method }) => method)).not.toContain('eth_signTypedData_v4')
    expect(await all(hostile.studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('is given typed data with its EIP712Domain, and pays', async () => {
    const account = privateKeyToAccount(key)
    const { wallet, asked } = injected({
      eth_chainId: () => '0x2105',
      eth_signTypedData_v4: ([, data]: [string, string]) => account.signTypedData(JSON.parse(data)),
    })
    const hostile = createHostile((_request, genuine) => genuine(), { wallet })
    hostile.sandbox.fund(address, '1')
    expect((await played(hostile.studio.submit(operation, input))).receipt.payer).toBe(address)
    const prompts = asked.filter(({ method }) => method === 'eth_signTypedData_v4')
    expect(prompts.map(({ params }) => JSON.parse((params as string[])[1] ?? '').types.EIP712Domain)).toEqual(
      [
        [
          { name: 'name', type: 'string' },
          { name: 'version', type: 'string' },
          { name: 'chainId', type: 'uint256' },
          { name: 'verifyingContract', type: 'address' },
        ],
      ],
    )
  })

  it('signs with another account: refused before anything is sent', async () => {
    const other = privateKeyToAccount(`0x${'2'.repeat(64)}`)
    const { wallet } = injected({
      eth_chainId: () => '0x2105',
      eth_signTypedData_v4: ([, data]: [string, string]) => other.signTypedData(JSON.parse(data)),
    })
    const hostile = createHostile((_request, genuine) => genuine(), { wallet })
    const error = await played(failure(hostile.studio.submit(operation, input)))
    expect(error).toMatchObject({ name: 'WalletError', code: 'wallet_failed', payment: 'none' })
    expect(hostile.requests.some(({ headers }) => headers.has('payment-signature'))).toBe(false)
  })
})
