// Money into a spend account: one transfer, asked for once, whatever becomes of the answer.
import { describe, expect, it } from 'vitest'
import { type Instead, losing, openPage } from '../../support/spend.ts'
import { failure } from '../../support/studio.ts'

describe('a deposit', () => {
  it('moves exactly that much with one prompt, and says before what will be seen', async () => {
    const page = await openPage()
    const spend = await page.open()
    const seen: string[] = []
    const done = await spend.deposit(page.wallet, '5', {
      onPrompt: ({ kind, text }) => seen.push(`${kind}: ${text}`),
    })
    expect(done).toMatchObject({ usd: '5.00', amount: '5000000', earlier: false, to: spend.address })
    expect(page.sandbox.balance(spend.address)).toBe('5.00')
    expect(page.sandbox.balance(page.owner.address)).toBe('15.00')
    expect(page.prompts()).toHaveLength(1)
    expect(seen).toEqual([
      expect.stringContaining(`send $5.00 in USDC on Base (eip155:8453) to ${spend.address}`),
    ])
    expect(await spend.balance()).toMatchObject({ usd: '5.00', reserved: '0.00', available: '5.00' })
  })

  it('by a smart wallet goes as calls', async () => {
    const page = await openPage({ smart: true })
    const spend = await page.open()
    await spend.deposit(page.wallet, '5')
    expect(page.sandbox.balance(spend.address)).toBe('5.00')
    expect(page.prompts().map(({ method }) => method)).toContain('wallet_sendCalls')
  })
})

describe('bad amounts', () => {
  it.each(['0', '-1', '1.0000001', '', 'five', 5, '10.01'])(
    '%s is refused, and the wallet is not asked',
    async (usd) => {
      const page = await openPage()
      const spend = await page.open()
      const error = await failure(spend.deposit(page.wallet, usd as string))
      expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
      expect(page.asked).toEqual([])
    },
  )
})

describe('a deposit that may have been sent', () => {
  it('is found by the next call, in a reloaded page, and not asked for again', async () => {
    const { instead, untilLost } = losing(true)
    const page = await openPage({ instead })
    const error = await failure((await page.open()).deposit(page.wallet, '5', untilLost()))
    expect(error).toMatchObject({ code: 'aborted', payment: 'unknown', safeToRetry: true })
    const reloaded = await page.open()
    expect(await reloaded.deposit(page.wallet, '5')).toMatchObject({ usd: '5.00', earlier: true })
    expect(page.sandbox.balance(reloaded.address)).toBe('5.00')
    expect(page.prompts()).toHaveLength(1)
  })

  it('is booked, and another amount is asked for besides', async () => {
    const { instead, untilLost } = losing(true)
    const page = await openPage({ instead })
    const spend = await page.open()
    await failure(spend.deposit(page.wallet, '5', untilLost()))
    expect(await spend.deposit(page.wallet, '2')).toMatchObject({ usd: '2.00', earlier: false })
    expect(page.sandbox.balance(spend.address)).toBe('7.00')
    // Twice the same amount is twice that amount, once both are known.
    expect(await spend.deposit(page.wallet, '2')).toMatchObject({ usd: '2.00', earlier: false })
    expect(page.sandbox.balance(spend.address)).toBe('9.00')
  })

  it('and is nowhere on the chain is waited for, not asked for again, until wallets have dropped it', async () => {
    const { instead, untilLost } = losing(false, 2)
    const page = await openPage({ instead })
    const spend = await page.open()
    await failure(spend.deposit(page.wallet, '5', untilLost()))
    expect(await failure(spend.deposit(page.wallet, '5'))).toMatchObject({ code: 'transfer_unknown' })
    page.sandbox.clock.advance(9 * 60_000)
    expect(await failure(spend.deposit(page.wallet, '5'))).toMatchObject({ code: 'transfer_unknown' })
    expect(page.prompts()).toHaveLength(1)
    page.sandbox.clock.advance(2 * 60_000)
    await failure(spend.deposit(page.wallet, '5', untilLost()))
    expect(page.prompts()).toHaveLength(2)
  })

  it('is asked for once by two tabs at once', async () => {
    const { instead, untilLost } = losing(true)
    const page = await openPage({ instead })
    const tabs = await Promise.all([page.open(), page.open(), page.open()])
    const lost = untilLost()
    const errors = await Promise.all(tabs.map((tab) => failure(tab.deposit(page.wallet, '5', lost))))
    for (const error of errors) expect(error).toMatchObject({ safeToRetry: true })
    expect(page.prompts()).toHaveLength(1)
    expect(page.sandbox.balance(page.owner.address)).toBe('15.00')
  })

  it('is not decided by an RPC that is silent', async () => {
    const { instead, untilLost } = losing(true)
    const page = await openPage({ instead })
    const spend = await page.open()
    await failure(spend.deposit(page.wallet, '5', untilLost()))
    const blind = await page.open({ rpc: { request: () => Promise.reject(new Error('down')) } })
    expect(await failure(blind.deposit(page.wallet, '5'))).toMatchObject({ name: 'ServiceError' })
    expect(page.prompts()).toHaveLength(1)
  })
})

describe('a wallet', () => {
  const answering =
    (code: number, message = 'x'): Instead =>
    ({ method }) =>
      method === 'eth_sendTransaction'
        ? Promise.reject(Object.assign(new Error(message), { code }))
        : undefined

  it.each([
    ['says no', 4001, 'wallet_rejected'],
    ['is not allowed to', 4100, 'wallet_failed'],
    ['has no gas', -32000, 'wallet_failed'],
  ])('that %s has sent nothing, and is asked again at once', async (_, code, expected) => {
    let calls = 0
    const page = await openPage({
      instead: (asked, send) =>
        asked.method === 'eth_sendTransaction' && calls++ === 0
          ? answering(code, 'insufficient funds for gas')(asked, send)
          : undefined,
    })
    const spend = await page.open()
    expect(await failure(spend.deposit(page.wallet, '5'))).toMatchObject({ code: expected, payment: 'none' })
    expect(await spend.deposit(page.wallet, '5')).toMatchObject({ earlier: false })
    expect(page.sandbox.balance(spend.address)).toBe('5.00')
  })

  it('that answers with an error that decides nothing is looked after, not asked again', async () => {
    const page = await openPage({
      instead: ({ method }, send) =>
        method === 'eth_sendTransaction'
          ? send().then(() => Promise.reject(new Error('Internal')))
          : undefined,
    })
    const spend = await page.open()
    expect(await failure(spend.deposit(page.wallet, '5'))).toMatchObject({ payment: 'unknown' })
    expect(await spend.deposit(page.wallet, '5')).toMatchObject({ earlier: true })
    expect(page.prompts()).toHaveLength(1)
  })

  it('on another chain is asked to switch, and says so when it will not', async () => {
    const kinds: string[] = []
    const page = await openPage({
      instead({ method }) {
        if (method === 'eth_chainId') return Promise.resolve('0x1')
        if (method === 'wallet_switchEthereumChain')
          return Promise.reject(Object.assign(new Error('x'), { code: 4902 }))
        return undefined
      },
    })
    const spend = await page.open()
    const error = await failure(spend.deposit(page.wallet, '5', { onPrompt: ({ kind }) => kinds.push(kind) }))
    expect(error).toMatchObject({ code: 'wallet_wrong_chain', payment: 'none' })
    expect(kinds).toEqual(['network'])
    expect(page.prompts()).toEqual([])
  })

  it('without that much USDC is not asked', async () => {
    const page = await openPage({ usd: '3' })
    const error = await failure((await page.open()).deposit(page.wallet, '5'))
    expect(error).toMatchObject({ code: 'insufficient_funds', payment: 'none' })
    expect(String((error as Error).message)).toMatch(/\$2\.00 is missing/)
    expect(page.prompts()).toEqual([])
  })

  it.each([[undefined], [{}], ['0x1234'], [{ account: { address: 'x' }, request() {} }]])(
    'must be one: %s',
    async (wallet) => {
      const page = await openPage()
      expect(await failure((await page.open()).deposit(wallet as never, '5'))).toMatchObject({
        name: 'InvalidInputError',
      })
    },
  )
})

describe('the cap', () => {
  it('counts what the account holds, and can be raised', async () => {
    const page = await openPage({ usd: '50' })
    const spend = await page.open()
    await spend.deposit(page.wallet, '9')
    const error = await failure(spend.deposit(page.wallet, '2'))
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    expect(String((error as Error).message)).toMatch(/must be at most '1\.00'/)
    expect(page.prompts()).toHaveLength(1)
    const larger = await page.open({ maxBalance: '40' })
    await larger.deposit(page.wallet, '25')
    expect(page.sandbox.balance(spend.address)).toBe('34.00')
  })
})
