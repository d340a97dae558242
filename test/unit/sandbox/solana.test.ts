// The sandbox's Solana: balances, blockhashes that age by its clock, transactions that are taken once, and its node.
import { InvalidInputError } from 'stablestudio'
import { createSandbox, type Sandbox } from 'stablestudio/sandbox'
import { type SolanaSigner, solanaKey } from 'stablestudio/solana'
import { describe, expect, it } from 'vitest'
import { paymentMessage, transactionOf } from '../../../src/methods/solana/message.ts'
import { tokenAccountOf } from '../../../src/methods/solana/token-account.ts'
import { secret, usdc } from '../../support/solana.ts'

const url = 'https://stablestudio.dev/api/generate/nano-banana/generate'
const body = JSON.stringify({ prompt: 'a lighthouse' })
const memo = '0123456789abcdef0123456789abcdef'

async function ask(sandbox: Sandbox, method: string, ...params: unknown[]) {
  const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await sandbox.fetch('https://stablestudio.dev/rpc/solana', { method: 'POST', body: call })
  const { result, error } = (await response.json()) as { result?: never; error?: { message: string } }
  return error ? error.message : (result as unknown)
}

async function payer(sandbox: Sandbox, usd = '1') {
  const key = await solanaKey(await secret())
  if (usd !== '0') sandbox.fund(key.address, usd)
  return key
}

/** A payment for the offer of now, as a header. */
async function payment(sandbox: Sandbox, key: SolanaSigner, note = memo) {
  const response = await sandbox.fetch(url, { method: 'POST', body })
  const { accepts } = JSON.parse(atob(response.headers.get('payment-required') ?? ''))
  const [, accepted] = accepts
  const { payTo, amount, extra } = accepted
  const { feePayer, recentBlockhash: blockhash } = extra
  const terms = {
    payer: key.address,
    feePayer,
    payTo,
    mint: usdc,
    amount: BigInt(amount),
    blockhash,
    memo: note,
  }
  const message = paymentMessage(terms)
  const transaction = Buffer.from(transactionOf(message, await key.sign(message))).toString('base64')
  return btoa(JSON.stringify({ x402Version: 2, accepted, payload: { transaction } }))
}

async function send(sandbox: Sandbox, header: string) {
  const response = await sandbox.fetch(url, {
    method: 'POST',
    body,
    headers: { 'payment-signature': header },
  })
  const { reason, error } = (await response.json()) as { reason?: string; error?: string }
  return { status: response.status, reason, error }
}

describe('on the sandbox’s Solana', () => {
  it('a transaction is taken once, whoever sends it again', async () => {
    const sandbox = createSandbox()
    const key = await payer(sandbox)
    const header = await payment(sandbox, key)
    expect(await send(sandbox, header)).toMatchObject({ status: 200 })
    const again = await send(sandbox, header)
    expect(again).toMatchObject({ status: 402, error: expect.stringContaining('"AlreadyProcessed"') })
    expect(sandbox.settlements()).toHaveLength(1)
    expect(sandbox.balance(key.address)).toBe('0.93')
  })

  it('a blockhash is good for 37 seconds, by the sandbox’s clock', async () => {
    const sandbox = createSandbox()
    const key = await payer(sandbox)
    const [first, second] = [await payment(sandbox, key), await payment(sandbox, key, 'f'.repeat(32))]
    sandbox.clock.advance(37_000)
    expect(await send(sandbox, first)).toMatchObject({ status: 200 })
    sandbox.clock.advance(1_000)
    const late = await send(sandbox, second)
    expect(late).toMatchObject({ status: 402, error: expect.stringContaining('"BlockhashNotFound"') })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('two payments at once are two transactions, if their memos differ', async () => {
    const sandbox = createSandbox()
    const key = await payer(sandbox)
    const headers = [await payment(sandbox, key), await payment(sandbox, key, 'f'.repeat(32))]
    expect(await Promise.all(headers.map((one) => send(sandbox, one)))).toMatchObject([
      { status: 200 },
      { status: 200 },
    ])
    expect(new Set(sandbox.settlements().map(({ transaction }) => transaction)).size).toBe(2)
  })

  it('the node knows balances, memos and blocks', async () => {
    const sandbox = createSandbox()
    const key = await payer(sandbox)
    const account = tokenAccountOf(key.address, usdc)
    expect(await ask(sandbox, 'getGenesisHash')).toBe('5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d')
    expect(await ask(sandbox, 'getTokenAccountBalance', account)).toMatchObject({
      value: { amount: '1000000' },
    })
    await send(sandbox, await payment(sandbox, key))
    expect(await ask(sandbox, 'getSignaturesForAddress', account, { limit: 10 })).toMatchObject([
      { memo: `[32] ${memo}`, err: null, signature: sandbox.settlements()[0]?.transaction },
    ])
    const { value } = (await ask(sandbox, 'getLatestBlockhash')) as { value: { blockhash: string } }
    expect(await ask(sandbox, 'isBlockhashValid', value.blockhash)).toMatchObject({ value: true })
    const before = (await ask(sandbox, 'getBlockHeight')) as number
    sandbox.clock.advance(60_000)
    expect(await ask(sandbox, 'isBlockhashValid', value.blockhash)).toMatchObject({ value: false })
    expect(await ask(sandbox, 'getBlockHeight')).toBeGreaterThan(before + 150)
  })

  it('an account that never had any has no token account', async () => {
    const sandbox = createSandbox()
    const { address } = await payer(sandbox, '0')
    expect(await ask(sandbox, 'getTokenAccountBalance', tokenAccountOf(address, usdc))).toContain(
      'could not find account',
    )
    expect(await ask(sandbox, 'getSignaturesForAddress', tokenAccountOf(address, usdc))).toEqual([])
    expect(await ask(sandbox, 'sendTransaction', 'AAAA')).toBe('Method not found')
  })

  it('is given addresses of its own only', async () => {
    const sandbox = createSandbox()
    const { address } = await payer(sandbox, '0')
    const evm = '0x07F067959297767c887dbfA3C72379c66E82a045'
    const solana = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
    expect(() => sandbox.fund(address, '1', 'eip155:8453')).toThrow(InvalidInputError)
    expect(() => sandbox.fund(evm, '1', solana)).toThrow(InvalidInputError)
    expect(() => sandbox.fund(address.slice(0, 20), '1')).toThrow(InvalidInputError)
    expect(() => sandbox.fund(address, '1', 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1')).toThrow('network')
    sandbox.fund(address, '1', solana)
    expect(sandbox.balance(address)).toBe('1.00')
  })
})
