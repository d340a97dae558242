import { inspect } from 'node:util'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../src/config.ts'
import { memoryStore } from '../../src/ledger/store.ts'
import { x402 } from '../../src/methods/x402/x402.ts'
import { contextOf as makeContext, paths, refusal } from '../support/context.ts'

const key = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const payee = '0x07F067959297767c887dbfA3C72379c66E82a045'
const wallet = privateKeyToAccount(key)

afterEach(() => {
  vi.unstubAllGlobals()
})

const contextOf = (options: unknown) => makeContext(options as ClientOptions)

/** Everything that a log could show of an error. */
const shown = (error: Error) =>
  `${error}${error.stack}${JSON.stringify(error)}${inspect(error, { depth: 20, showHidden: true })}`

describe('options', () => {
  it('may all be left out', () => {
    const context = makeContext({})
    expect(context).toMatchObject({
      wallet: undefined,
      approve: undefined,
      payees: undefined,
      baseUrl: 'https://stablestudio.dev',
      origin: 'https://stablestudio.dev',
      blobUrl: 'https://vercel.com/api/blob/',
      keepRequests: true,
      timeouts: { quote: 30_000, pay: 150_000, poll: 30_000 },
    })
    expect(context.payWith.map(({ protocol }) => protocol)).toEqual(['x402'])
    expect(Object.isFrozen(context)).toBe(true)
  })

  it('that are undefined are left out', () => {
    const names = ['wallet', 'limits', 'payees', 'baseUrl', 'origin', 'timeouts', 'keepRequests', 'fetch']
    const context = contextOf(Object.fromEntries(names.map((name) => [name, undefined])))
    expect(context.baseUrl).toBe('https://stablestudio.dev')
    expect(contextOf({ timeouts: { pay: undefined, quote: 5 } }).timeouts).toEqual({
      quote: 5,
      pay: 150_000,
      poll: 30_000,
    })
    expect(contextOf({ limits: { perDay: undefined } })).toBeDefined()
  })

  it('may all be given', () => {
    const context = makeContext({
      wallet,
      limits: { perCall: '0.50', perDay: '5', total: '50' },
      approve: () => true,
      payees: [payee.toLowerCase()],
      store: memoryStore(),
      payWith: [x402({ networks: ['eip155:84532'] })],
      baseUrl: 'http://127.0.0.1:4021/',
      origin: 'https://stablestudio.dev',
      fetch: globalThis.fetch,
      timeouts: { quote: 1, pay: 2, poll: 3 },
      blobUrl: 'https://vercel.com/api/blob/',
      keepRequests: false,
    })
    expect(context.payees).toEqual([payee])
    expect(context.baseUrl).toBe('http://127.0.0.1:4021')
    expect(context.wallet?.address).toBe(wallet.address)
  })

  it('are refused with every problem in one error', () => {
    const error = refusal({
      wallet: 'x',
      limits: { perCall: 'abc', perDay: -1, weekly: '5' },
      approve: true,
      payees: [],
      store: {},
      payWith: [],
      baseUrl: 'http://stablestudio.dev',
      origin: 'https://stablestudio.dev/path',
      fetch: 'fetch',
      timeouts: { quote: 0, pay: Number.NaN },
      blobUrl: 7,
      keepRequests: 'no',
      apiKey: 'x',
    })
    expect(paths(error)).toEqual([
      ...[
        'wallet',
        'limits',
        'approve',
        'payees',
        'store',
        'payWith',
        'baseUrl',
        'origin',
        'fetch',
        'timeouts',
      ],
      ...['blobUrl', 'keepRequests', 'apiKey'],
    ])
    const limits = error.issues.find(({ path }) => path === 'limits')?.message ?? ''
    for (const name of ['perCall', 'perDay', 'weekly']) expect(limits).toContain(name)
    const timeouts = error.issues.find(({ path }) => path === 'timeouts')?.message ?? ''
    for (const name of ['quote', 'pay']) expect(timeouts).toContain(name)
    for (const { message } of error.issues) expect(error.message).toContain(message)
  })

  it.each([null, 'x', 7, [], () => ({})])('that are no object are refused: %s', (options) => {
    expect(refusal(options).issues).toEqual([{ path: '', message: 'options must be an object' }])
  })

  it('that do not exist are named, with those that do', () => {
    const error = refusal({ privateKey: 'x', maxPrice: '1', __proto__: null, toString: 1 })
    expect(paths(error)).toEqual(['privateKey', 'maxPrice', 'toString'])
    expect(error.message).toContain('wallet, limits, approve')
  })

  it('that are null are refused, not taken for left out', () => {
    const names = [
      'wallet',
      'limits',
      'approve',
      'payees',
      'store',
      'payWith',
      'baseUrl',
      'fetch',
      'timeouts',
    ]
    const error = refusal(Object.fromEntries(names.map((name) => [name, null])))
    expect(paths(error)).toEqual(names)
  })
})

describe('limits', () => {
  it.each([
    'abc',
    '',
    '-1',
    '0.5 USD',
    '$5',
    '1e3',
    '0.1234567',
    '5,00',
    'Infinity',
    0.5,
    -1,
    5n,
    null,
    ['5'],
    {},
  ])('refuse %s', (value) => {
    for (const name of ['perCall', 'perDay', 'total']) {
      const error = refusal({ limits: { [name]: value } })
      expect(error.issues[0]?.message).toContain(`${name} must be USD as a decimal string`)
    }
  })

  it.each(['5', [], 7, true])('are an object, not %j', (limits) => {
    expect(paths(refusal({ limits }))).toEqual(['limits'])
  })
})

describe('a private key that lands in the wrong place', () => {
  it.each<[string, unknown]>([
    ['as the wallet', { wallet: key }],
    ['without 0x', { wallet: key.slice(2) }],
    ['in the wallet', { wallet: { privateKey: key } }],
    ['as the address of the wallet', { wallet: { address: key, type: 'local' } }],
    ['as the account of the wallet', { wallet: { account: key } }],
    ['as a limit', { limits: { perCall: key } }],
    ['as a payee', { payees: [key] }],
    ['as the base URL', { baseUrl: key }],
    ['in the base URL', { baseUrl: `https://${key}@stablestudio.dev` }],
    ['as a password', { baseUrl: `https://x:${key}@stablestudio.dev` }],
    ['as the store', { store: key }],
    ['as a timeout', { timeouts: { pay: key } }],
    ['as the options', key],
    ['as an unknown option', { privateKey: key }],
  ])('is never repeated: %s', (_name, options) => {
    expect(shown(refusal(options))).not.toContain(key.slice(2, 20))
  })

  it('as the wallet, tells what to do instead', () => {
    expect(refusal({ wallet: key }).message).toContain('privateKeyToAccount')
  })
})

describe('timeouts', () => {
  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '30000', null, 5n])('refuse %s', (value) => {
    for (const name of ['quote', 'pay', 'poll']) {
      expect(refusal({ timeouts: { [name]: value } }).message).toContain(`${name} must be a positive number`)
    }
  })
})

describe('payees and stores', () => {
  it.each([
    [['x']],
    [[payee.toLowerCase().toUpperCase()]],
    [[payee, null]],
    [payee],
    [{}],
    [[payee.replace('F', 'f')]],
    // Neither a key of Solana (64 bytes) nor an address with a letter that base58 does not have.
    [['5'.repeat(88)]],
    [['0'.repeat(44)]],
  ])('payees refuse %j', (payees) => {
    expect(paths(refusal({ payees }))).toEqual(['payees'])
  })

  it('may be of Solana, as they are spelled', () => {
    const solana = 'HqpEDUY3kV423fSAv7iaY3cQiz8qN8qEuGqLsG4s6h2c'
    expect(contextOf({ payees: [payee.toLowerCase(), solana] }).payees).toEqual([payee, solana])
  })

  it('refuse what lacks a method', () => {
    const { keys: _keys, ...store } = memoryStore()
    expect(paths(refusal({ store }))).toEqual(['store'])
    expect(paths(refusal({ store: new WeakMap() }))).toEqual(['store'])
    expect(paths(refusal({ payWith: [{ protocol: 'x402' }] }))).toEqual(['payWith'])
    expect(paths(refusal({ payWith: x402() }))).toEqual(['payWith'])
  })
})
