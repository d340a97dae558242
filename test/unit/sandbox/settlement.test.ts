// One authorization settles once, on the chain as it is at that moment.
import { getAddress, type Hex, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import {
  body,
  buy,
  expectUntouched,
  generateUrl,
  get,
  offerOf,
  pay,
  post,
  reasonOf,
  seconds,
  setup,
} from './kit.ts'

const stranger = privateKeyToAccount(generatePrivateKey())

describe('one authorization', () => {
  test('cannot pay twice, one after the other', async () => {
    const kit = setup()
    const header = await pay(kit, await offerOf(kit.sandbox))
    const send = () => kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    expect((await send()).status).toBe(200)
    expect(await reasonOf(await send())).toBe('invalid_exact_evm_nonce_already_used')
    expect(kit.sandbox.settlements()).toHaveLength(1)
    expect(kit.sandbox.jobs()).toHaveLength(1)
  })

  test.each([0, 50])(
    'sent twice at once pays once, makes two jobs, and fails one (settleMs %i)',
    async (settleMs) => {
      const kit = setup({ settleMs })
      const header = await pay(kit, await offerOf(kit.sandbox))
      const send = () => kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
      const answers = await Promise.all([send(), send()])
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 500])
      const failed = answers.find(({ status }) => status === 500)
      expect(await failed?.text()).toBe('{"success":false,"error":"Settlement failed"}')
      expect(failed?.headers.get('payment-response')).toBeNull()
      expect(kit.sandbox.settlements()).toHaveLength(1)
      expect(kit.sandbox.jobs()).toHaveLength(2)
      expect(kit.sandbox.balance(kit.wallet.address)).toBe('4.83')
    },
  )

  test('in another letter case of its nonce is still the same one', async () => {
    const kit = setup()
    const nonce = `0x${'ab'.repeat(32)}` as Hex
    expect((await buy(kit, generateUrl, body, { authorization: { nonce } })).status).toBe(200)
    const upper = `0x${'AB'.repeat(32)}` as Hex
    const response = await buy(kit, generateUrl, body, { authorization: { nonce }, sent: { nonce: upper } })
    expect(await reasonOf(response)).toBe('invalid_exact_evm_nonce_already_used')
  })

  test('of another payer may have the same nonce', async () => {
    const kit = setup()
    const nonce = toHex(7, { size: 32 })
    const other = { ...kit, wallet: stranger }
    kit.sandbox.fund(stranger.address, '1')
    expect((await buy(kit, generateUrl, body, { authorization: { nonce } })).status).toBe(200)
    expect((await buy(other, generateUrl, body, { authorization: { nonce } })).status).toBe(200)
  })
})

describe('a settlement sees the chain as it is then', () => {
  test('not as it was at verification: the authorization has all but expired meanwhile', async () => {
    const kit = setup({ settleMs: 20 })
    const change = { authorization: { validBefore: seconds(kit.now(), 60) } }
    const header = await pay(kit, await offerOf(kit.sandbox), change)
    const sent = kit.sandbox.fetch(...post(generateUrl, body, { 'payment-signature': header }))
    while (kit.sandbox.jobs().length === 0) await new Promise((resolve) => setImmediate(resolve))
    // Five seconds are left, but the facilitator wants six.
    kit.sandbox.clock.advance(55_000)
    expect((await sent).status).toBe(500)
    expect(kit.sandbox.settlements()).toEqual([])
  })

  test('two payments that the wallet can afford one of: one is settled', async () => {
    const kit = setup({ settleMs: 20 }, '0.30')
    const answers = await Promise.all([buy(kit), buy(kit)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 500])
    expect(kit.sandbox.balance(kit.wallet.address)).toBe('0.13')
  })

  test('a client that has gone away still pays', async () => {
    const kit = setup({ settleMs: 20 })
    const header = await pay(kit, await offerOf(kit.sandbox))
    const stop = new AbortController()
    const [url, init] = post(generateUrl, body, { 'payment-signature': header })
    const sent = kit.sandbox.fetch(url, { ...init, signal: stop.signal })
    while (kit.sandbox.jobs().length === 0) await new Promise((resolve) => setImmediate(resolve))
    const reason = new RangeError('gone')
    stop.abort(reason)
    await expect(sent).rejects.toBe(reason)
    await expect.poll(() => kit.sandbox.settlements().length).toBe(1)
    const list = await (await get(kit, '/api/jobs')).json()
    expect(list.items).toHaveLength(1)
  })

  test('a request aborted while it is being sent does nothing', async () => {
    const kit = setup()
    const header = await pay(kit, await offerOf(kit.sandbox))
    const [url, init] = post(generateUrl, body, { 'payment-signature': header })
    const stop = new AbortController()
    const sent = kit.sandbox.fetch(url, { ...init, signal: stop.signal })
    stop.abort('no')
    await expect(sent).rejects.toBe('no')
    await new Promise((resolve) => setImmediate(resolve))
    expectUntouched(kit)
  })

  test('a request aborted before it is sent does nothing', async () => {
    const kit = setup()
    const header = await pay(kit, await offerOf(kit.sandbox))
    const [url, init] = post(generateUrl, body, { 'payment-signature': header })
    await expect(kit.sandbox.fetch(url, { ...init, signal: AbortSignal.abort('no') })).rejects.toBe('no')
    expectUntouched(kit)
  })
})

test('fund() takes any spelling of an address that viem takes, and USD strings only', () => {
  const { sandbox, wallet } = setup()
  sandbox.fund(wallet.address.toLowerCase() as Hex, '0.000001')
  expect(sandbox.balance(getAddress(wallet.address))).toBe('5.000001')
  for (const usd of ['-1', '1e3', '', '0.0000001'])
    expect(() => sandbox.fund(wallet.address, usd)).toThrow(/usd/)
  expect(() => sandbox.fund('0x12', '1')).toThrow(/address/)
})
