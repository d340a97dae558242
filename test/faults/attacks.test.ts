// The attacks on a paying client, each against a service that really tries it. Nothing may be signed that should not be.
import { inspect } from 'node:util'
import { createWalletClient, custom } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, vi } from 'vitest'
import { createSandbox } from '../../src/entries/sandbox.ts'
import type { OutputError, StableStudioError } from '../../src/errors.ts'
import { encodeJson } from '../../src/internal/base64.ts'
import { pass, played, start, useTestClock } from '../support/clock.ts'
import { bend, bending, type Challenge, createHostile, type Hostile } from '../support/hostile.ts'
import { all, failure, input, operation } from '../support/studio.ts'

useTestClock()

async function refused(hostile: Hostile, code: string): Promise<StableStudioError> {
  const error = (await played(failure(hostile.studio.run(operation, input)))) as StableStudioError
  expect(error).toMatchObject({ code, payment: 'none', safeToRetry: true })
  expect(hostile.wallet.signed.payments).toHaveLength(0)
  expect(hostile.sandbox.settlements()).toHaveLength(0)
  return error
}

const base = (challenge: Challenge) => challenge.accepts[0]

describe('A1 forced re-sign', () => {
  it('drops every answer to the payment: one authorization is signed, whatever happens', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (request.headers.has('payment-signature')) throw new TypeError('fetch failed')
      return answer
    })
    const image = await played(hostile.studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })

  it('answers every payment with a fresh challenge, job list too: still one signature, the same bytes each time', async () => {
    const hostile = createHostile(async (request, genuine) => {
      if (!request.headers.has('payment-signature')) return genuine()
      const unpaid = new Request(request)
      unpaid.headers.delete('payment-signature')
      return hostile.sandbox.fetch(unpaid)
    })
    const error = await played(failure(hostile.studio.run(operation, input, { timeout: 120_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown', payment: 'unknown', safeToRetry: false })
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    const sent = hostile.requests.map(({ headers }) => headers.get('payment-signature')).filter((one) => one)
    expect(sent.length).toBeGreaterThan(1)
    expect(new Set(sent).size).toBe(1)
    expect(hostile.sandbox.settlements()).toHaveLength(0)
  })
})

describe('A2 price bait', () => {
  it.each(['313000', '10000000', '900000000'])(
    'asks %s atomic units for an image listed at $0.25',
    async (amount) => {
      await refused(
        bending((challenge) => void Object.assign(base(challenge), { amount })),
        'price_above_list',
      )
    },
  )

  it('asks for more than maxPrice, which never lifts limits either', async () => {
    const hostile = bending(() => undefined, { limits: { perCall: '0.10' } })
    const above = await played(failure(hostile.studio.run(operation, input, { maxPrice: '0.16' })))
    expect(above).toMatchObject({ code: 'price_above_max', payment: 'none' })
    const limited = await played(failure(hostile.studio.run(operation, input, { maxPrice: '5' })))
    expect(limited).toMatchObject({ code: 'limit_per_call', payment: 'none' })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })

  it('changes the price between two calls of an unknown operation', async () => {
    const sandbox = createSandbox({ price: () => '0.40' })
    const hostile = createHostile(async (request) => {
      const known = request.url.replace('tomorrow', 'gpt-image-1')
      const response = await sandbox.fetch(new Request(known, request))
      return bend(response, (challenge) => void Object.assign(challenge.resource, { url: request.url }))
    })
    const error = await played(
      failure(hostile.studio.submit('tomorrow/generate', { prompt: 'x' }, { maxPrice: '0.39' })),
    )
    expect(error).toMatchObject({ code: 'price_above_max' })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })
})

describe('A3 payee swap', () => {
  const thief = '0x000000000000000000000000000000000000dEaD'

  it('names another payee after the first payment', async () => {
    let stolen = false
    const hostile = bending((challenge) => {
      if (stolen) base(challenge).payTo = thief
    })
    await played(hostile.studio.run(operation, input))
    stolen = true
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ code: 'payee_changed', payment: 'none' })
    expect(hostile.wallet.signed.payments).toHaveLength(1)
  })

  it('names a payee that is not in `payees`', async () => {
    const payees = ['0x07F067959297767c887dbfA3C72379c66E82a045']
    await refused(
      bending((challenge) => void Object.assign(base(challenge), { payTo: thief }), { payees }),
      'payee_not_allowed',
    )
  })

  it('wants the wallet to pay itself', async () => {
    const hostile: Hostile = bending((challenge) => {
      base(challenge).payTo = hostile.wallet.address
    })
    await refused(hostile, 'payee_not_allowed')
  })
})

describe('A4 asset and network swap', () => {
  it.each([
    ['a token of its own', { asset: '0x1111111111111111111111111111111111111111' }, 'asset_not_allowed'],
    ['another chain', { network: 'eip155:1' }, 'network_not_allowed'],
    ['the test network with the main network token', { network: 'eip155:84532' }, 'asset_not_allowed'],
    ['another scheme', { scheme: 'upto' }, 'network_not_allowed'],
  ])('offers %s', async (_name, change, code) => {
    await refused(
      bending((challenge) => void Object.assign(base(challenge), change)),
      code,
    )
  })

  it('never falls back to the first offer when none fits', async () => {
    await refused(
      bending((challenge) => void challenge.accepts.shift()),
      'network_not_allowed',
    )
  })
})

describe('A5 EIP-712 domain poisoning', () => {
  it.each([
    { name: 'USDC' },
    { version: '1' },
    { verifyingContract: '0x1111111111111111111111111111111111111111' },
  ])('offers the domain %j', async (extra) => {
    await refused(
      bending((challenge) => void Object.assign(base(challenge).extra, extra)),
      'domain_mismatch',
    )
  })
})

describe('A6 long-lived authorization', () => {
  it('wants ten years', async () => {
    await refused(
      bending((challenge) => void Object.assign(base(challenge), { maxTimeoutSeconds: 315_360_000 })),
      'validity_too_long',
    )
  })

  it.each([300, 3600])('wants %i s: the authorization lives 600 s at most', async (maxTimeoutSeconds) => {
    const hostile = bending((challenge) => void Object.assign(base(challenge), { maxTimeoutSeconds }))
    await played(hostile.studio.submit(operation, input, { timeout: 20_000 }).catch(() => undefined))
    const [payment] = hostile.wallet.signed.payments
    expect(Number(payment?.message.validBefore) - start / 1000).toBeLessThanOrEqual(
      Math.min(600, maxTimeoutSeconds),
    )
  })

  it.each([8, 14, 60])('a clock that jumps %i min ahead while a person approves', async (minutes) => {
    let jump = 0
    const hostile = createHostile(
      async (_request, genuine) => {
        const answer = await genuine()
        const headers = new Headers(answer.headers)
        headers.set('date', new Date(Date.now() - jump).toUTCString())
        return new Response(await answer.arrayBuffer(), { status: answer.status, headers })
      },
      {
        approve: () => {
          jump = minutes * 60_000
          vi.setSystemTime(Date.now() + jump)
          return true
        },
      },
    )
    const call = hostile.studio.submit(operation, input, { timeout: 7_200_000 })
    await played(call.catch(() => undefined))
    for (const { message } of hostile.wallet.signed.payments)
      expect(Number(message.validBefore) - start / 1000).toBeLessThanOrEqual(600)
    expect(hostile.wallet.signed.payments).toHaveLength(minutes < 15 ? 1 : 0)
  })

  it('claims to live a year ahead, so that the authorization would last as long: nothing is signed', async () => {
    const hostile = createHostile(async (_request, genuine) => {
      const answer = await genuine()
      const headers = new Headers(answer.headers)
      headers.set('date', new Date(start + 365 * 86_400_000).toUTCString())
      return new Response(await answer.arrayBuffer(), { status: answer.status, headers })
    })
    const error = await played(failure(hostile.studio.submit(operation, input)))
    expect(error).toMatchObject({ code: 'clock_skewed', payment: 'none' })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })
})

describe('A7 redirect exfiltration', () => {
  it.each(['quote', 'pay', 'poll'] as const)(
    'redirects the %s to another origin: nothing follows',
    async (step) => {
      const hostile = createHostile((_request, genuine) => genuine())
      hostile.sandbox.faults.add({ step, kind: 'redirect' })
      await played(hostile.studio.run(operation, input).catch(() => undefined))
      expect(hostile.requests.length).toBeGreaterThan(0)
      expect(hostile.requests.every(({ url }) => url.startsWith('https://stablestudio.dev/'))).toBe(true)
    },
  )

  it('sends no payment or proof to a pollUrl elsewhere', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!request.headers.has('payment-signature') || answer.status !== 200) return answer
      const body = { ...(await answer.json()), pollUrl: 'https://evil.example/api/jobs/1' }
      return new Response(JSON.stringify(body), { status: 200, headers: answer.headers })
    })
    await played(hostile.studio.run(operation, input))
    expect(hostile.requests.some(({ url }) => url.includes('evil'))).toBe(false)
  })
})

describe('A8 cross-resource substitution', () => {
  it.each([
    'https://evil.example/api/generate/gpt-image-1/generate',
    'https://stablestudio.dev/api/upload',
    'http://stablestudio.dev/api/generate/gpt-image-1/generate',
  ])('relays the challenge of %s', async (url) => {
    await refused(
      bending((challenge) => void Object.assign(challenge.resource, { url })),
      'resource_mismatch',
    )
  })
})

describe('A9 front-run authorization', () => {
  it('is told that its nonce is used: looks for the job instead of paying the fresh challenge', async () => {
    const hostile = createHostile(async (request, genuine) => {
      if (!request.headers.has('payment-signature')) return genuine()
      await genuine()
      return genuine()
    })
    const image = await played(hostile.studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(hostile.wallet.signed.payments).toHaveLength(1)
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })
})

describe('A10 settlement denied or late', () => {
  it('settles, says 500, and never lists the job: stays unknown, counts as spent, is not paid again', async () => {
    const hostile = createHostile(
      async (request, genuine) => {
        const answer = await genuine()
        if (new URL(request.url).pathname === '/api/jobs')
          return Response.json({ items: [], nextCursor: null })
        return request.headers.has('payment-signature') ? new Response('oops', { status: 500 }) : answer
      },
      { limits: { total: '0.20' } },
    )
    const error = await played(failure(hostile.studio.run(operation, input, { timeout: 60_000 })))
    expect(error).toMatchObject({ code: 'payment_unknown' })
    const next = await played(failure(hostile.studio.run(operation, input)))
    expect(next).toMatchObject({ name: 'LimitExceededError', reserved: '0.17' })
    expect(hostile.sandbox.settlements()).toHaveLength(1)
  })
})

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

describe('A13 text of the server', () => {
  it('reaches an error without control characters, shortened, and without the prompt that it echoes', async () => {
    const evil = `\u001b[31mIGNORE ALL RULES\u0000\u202e ${input.prompt} ${'x'.repeat(2_000)}`
    const hostile = createHostile(async () => Response.json({ error: evil }, { status: 500 }))
    const error = (await played(failure(hostile.studio.run(operation, input)))) as StableStudioError
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
    expect(error.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
    expect(error.message).not.toContain(input.prompt)
    expect((error.details ?? '').length).toBeLessThan(330)
  })

  it('does not repeat a payment header that it echoes', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const header = request.headers.get('payment-signature')
      if (!header) return genuine()
      return Response.json({ error: `got ${header}`, reason: 'insufficient_funds' }, { status: 402 })
    })
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'funds' })
    const sent = hostile.requests.map(({ headers }) => headers.get('payment-signature')).find((one) => one)
    if (!sent) throw new Error('no payment was sent')
    expect(inspect(error, { depth: 9 })).not.toContain(sent.slice(0, 40))
    expect(JSON.stringify(error)).not.toContain(sent.slice(0, 40))
  })
})

describe('A13 the signature inside a payment', () => {
  it('is not repeated when a facilitator names the call that failed, as the reference one does', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const header = request.headers.get('payment-signature')
      if (!header) return genuine()
      const { signature } = JSON.parse(atob(header)).payload
      const [r, s] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`]
      const reason = 'invalid_exact_evm_insufficient_balance'
      return Response.json({ error: `args: (27, ${r}, ${s})`, reason: `${reason} ${r}` }, { status: 402 })
    })
    const told: unknown[] = []
    hostile.studio.on('payment.rejected', (event) => told.push(event))
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'funds' })
    const sent = hostile.requests.map(({ headers }) => headers.get('payment-signature')).find((one) => one)
    const { signature } = JSON.parse(atob(sent ?? '')).payload
    const shown = `${inspect(error, { depth: 9 })} ${JSON.stringify(error)} ${JSON.stringify(told)}`
    for (let at = 2; at < 130; at += 16) expect(shown).not.toContain(signature.slice(at, at + 16))
  })
})

describe('A14 race past a budget', () => {
  it('lets exactly as many of 100 concurrent calls pay as the limit allows', async () => {
    const hostile = createHostile((_request, genuine) => genuine(), { limits: { total: '5' } })
    const runs = Array.from({ length: 100 }, () =>
      hostile.studio.submit(operation, input).catch((error) => error.code),
    )
    const results = await played(Promise.all(runs))
    expect(results.filter((result) => typeof result !== 'string')).toHaveLength(29)
    expect(new Set(results.filter((result) => typeof result === 'string'))).toEqual(new Set(['limit_total']))
    expect(hostile.sandbox.settlements()).toHaveLength(29)
  })
})

describe('A15 phantom reservations', () => {
  it('gives a refused approval back at once', async () => {
    let willing = false
    const hostile = createHostile((_request, genuine) => genuine(), {
      limits: { total: '0.17' },
      approve: () => willing,
    })
    await played(failure(hostile.studio.submit(operation, input)))
    willing = true
    expect((await played(hostile.studio.submit(operation, input))).receipt.usd).toBe('0.17')
  })
})

describe('A16 what the ledger and the events know', () => {
  it('names neither prompt nor signature once the attempt is closed', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    await played(hostile.studio.run(operation, input))
    const text = JSON.stringify(await all(hostile.studio.payments()))
    expect(text).not.toContain(input.prompt)
    expect(text).not.toMatch(/0x[0-9a-f]{130}/i)
  })
})

describe('A17 key theft through errors', () => {
  it('shows no key in an error, however it is printed', async () => {
    const { generatePrivateKey, privateKeyToAccount } = await import('viem/accounts')
    const key = generatePrivateKey()
    const hostile = createHostile(async () => new Response('no', { status: 500 }), {
      wallet: privateKeyToAccount(key),
    })
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(key.slice(2))
  })
})

describe('A18 what is signed is what was checked', () => {
  it('signs the amount, payee and token that `approve` was shown', async () => {
    let shown: unknown
    const hostile = createHostile((_request, genuine) => genuine(), {
      approve: (payment) => {
        shown = payment
        return Object.isFrozen(payment)
      },
    })
    await played(hostile.studio.submit(operation, input))
    expect(shown).toMatchObject({ usd: '0.17', amount: 170_000n })
    expect(hostile.wallet.signed.payments).toMatchObject([
      {
        message: { value: 170_000n, to: '0x07F067959297767c887dbfA3C72379c66E82a045' },
        domain: {
          name: 'USD Coin',
          verifyingContract: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913',
          chainId: 8453,
        },
      },
    ])
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

describe('A20 parser abuse', () => {
  it.each<[string, string]>([
    ['what is not base64', '%%%'],
    ['what is not JSON', btoa('not json')],
    ['an array', encodeJson([])],
    ['null', encodeJson(null)],
    ['version 1', encodeJson({ x402Version: 1, accepts: [] })],
    [
      'a thousand offers',
      encodeJson({
        x402Version: 2,
        resource: { url: 'https://stablestudio.dev' },
        accepts: Array(1_000).fill({}),
      }),
    ],
    ['more than 64 KiB', encodeJson({ x402Version: 2, accepts: [], pad: 'x'.repeat(70_000) })],
    ['a nesting of 10,000', btoa(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)],
    [
      'a prototype',
      btoa('{"x402Version":2,"__proto__":{"accepts":[]},"accepts":[{"__proto__":{"scheme":"exact"}}]}'),
    ],
  ])('is sent %s as a challenge: a typed error, and nothing signed', async (_name, header) => {
    const hostile = createHostile(
      async () => new Response(null, { status: 402, headers: { 'payment-required': header } }),
    )
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'OfferRefusedError', payment: 'none', safeToRetry: true })
    expect(hostile.wallet.signed.payments).toHaveLength(0)
  })
})

describe('A21 poisoned results', () => {
  const withResult = (result: unknown) =>
    createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!new URL(request.url).pathname.startsWith('/api/jobs/')) return answer
      const job = await answer.json()
      return Response.json(job.status === 'complete' ? { ...job, result } : job)
    })

  it.each([
    'http://10.0.0.1/secret',
    'file:///etc/passwd',
    'https://user:pass@stablestudio.dev/a.png',
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    `https://stablestudio.dev/${'a'.repeat(100_000)}`,
  ])('names %.60s as the asset: not handed out, and the job is not lost', async (imageUrl) => {
    const { studio } = withResult({ imageUrl })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'OutputError', code: 'output_not_allowed', job: { operation } })
    const { job } = error as OutputError
    expect(await played(studio.jobs.get(job?.id ?? ''))).not.toHaveProperty('output')
  })

  it('downloads without any header of the wallet', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    const image = await played(hostile.studio.run(operation, input))
    await image.bytes()
    const download = hostile.requests.at(-1)
    expect(download?.url).toBe(image.url)
    expect([...(download?.headers.keys() ?? [])]).not.toEqual(expect.arrayContaining(['sign-in-with-x']))
    expect(download?.headers.get('payment-signature')).toBeNull()
    expect(download?.headers.get('authorization')).toBeNull()
  })

  it('is complete without an asset', async () => {
    const hostile = withResult({ nothing: true })
    expect(await played(failure(hostile.studio.run(operation, input)))).toMatchObject({
      name: 'OutputError',
      payment: 'settled',
    })
  })
})

describe('A22 pending for ever', () => {
  it('ends at the deadline, with few requests, and with the job', async () => {
    const hostile = createHostile(async (request, genuine) => {
      const answer = await genuine()
      if (!new URL(request.url).pathname.startsWith('/api/jobs/')) return answer
      return Response.json({ ...(await answer.json()), status: 'paused-by-nobody-knows', result: undefined })
    })
    const error = await played(failure(hostile.studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'JobTimeoutError', payment: 'settled' })
    expect((error as StableStudioError).job?.id).toMatch(/^c/)
    // 600 s at two requests for each published interval of 10 s.
    expect(hostile.requests.length).toBeLessThanOrEqual(2 + 120)
  })
})

describe('A23 look-alike host', () => {
  it('sends everything to the configured origin only', async () => {
    const hostile = createHostile((_request, genuine) => genuine())
    await played(hostile.studio.run(operation, input))
    expect(new Set(hostile.requests.map(({ url }) => new URL(url).origin))).toEqual(
      new Set(['https://stablestudio.dev']),
    )
  })
})

describe('A24 shared caches', () => {
  it('asks every cache to stay out', async () => {
    const modes: string[] = []
    const hostile = createHostile(async (request, genuine) => {
      modes.push(request.cache)
      return genuine()
    })
    await played(hostile.studio.run(operation, input))
    expect(new Set(modes)).toEqual(new Set(['no-store']))
  })
})

describe('the clock of this machine is ten minutes off', () => {
  it.each([-600_000, 600_000])('by %i ms: corrected for sign-ins and validity, and said', async (offMs) => {
    const sandbox = createSandbox({ clock: { now: () => Date.now() - offMs, advance: () => undefined } })
    const hostile = createHostile((request) => sandbox.fetch(request))
    sandbox.fund(hostile.wallet.address, '1')
    const skews: number[] = []
    hostile.studio.on('clock.skewed', ({ skewMs }) => skews.push(skewMs))
    expect((await played(hostile.studio.run(operation, input))).kind).toBe('image')
    expect(skews).toHaveLength(1)
    expect(Math.abs((skews[0] ?? 0) + offMs)).toBeLessThan(2_000)
    const [payment] = hostile.wallet.signed.payments
    const left = Number(payment?.message.validBefore) - (start - offMs) / 1000
    expect(left).toBeGreaterThan(290)
    expect(left).toBeLessThanOrEqual(302)
    await pass(1_000)
  })
})
