// Who can pay on Solana: keys in all their forms, signers of others, wallets. And what else is told apart from them.
import { InvalidInputError } from 'stablestudio'
import { type SolanaOptions, solana, solanaKey } from 'stablestudio/solana'
import { describe, expect, it } from 'vitest'
import { encode58 } from '../../../../src/internal/base58.ts'
import { secret } from '../../../support/solana-secret.ts'
import { failure } from '../../../support/studio.ts'

const [bytes, another] = await Promise.all([secret(), secret()])
const key = await solanaKey(bytes)

describe('solanaKey', () => {
  it.each<[string, Uint8Array | string]>([
    ['64 bytes', bytes],
    ['a Buffer', Buffer.from(bytes)],
    ['base58, as wallets export it', encode58(bytes)],
    ['base58 with a line break behind it', `${encode58(bytes)}\n`],
    ['the JSON of solana-keygen', JSON.stringify([...bytes])],
  ])('takes %s', async (_what, given) => {
    const { address, sign } = await solanaKey(given)
    expect(address).toBe(encode58(bytes.slice(32)))
    const message = Uint8Array.of(1, 2, 3)
    expect(await sign(message)).toEqual(await key.sign(message))
  })

  it.each<[string, unknown]>([
    ['32 bytes', bytes.slice(0, 32)],
    ['65 bytes', Uint8Array.from([...bytes, 0])],
    ['another public half', Uint8Array.from([...bytes.slice(0, 32), ...another.slice(32)])],
    [
      'a public half that is no point',
      Uint8Array.from([...bytes.slice(0, 32), ...new Uint8Array(32).fill(255)]),
    ],
    ['base58 of 32 bytes', encode58(bytes.slice(0, 32))],
    ['hex', Buffer.from(bytes).toString('hex')],
    ['base64', Buffer.from(bytes).toString('base64')],
    ['an EVM key', `0x${'1'.repeat(64)}`],
    ['a short array', '[1,2,3]'],
    ['an array of large numbers', JSON.stringify([...bytes].map((one) => one + 256))],
    ['an array of texts', JSON.stringify([...bytes].map(String))],
    ['no array', '[1,2'],
    ['an empty text', ''],
    ['nothing', undefined],
    ['an array', [...bytes]],
    ['a number', 5],
  ])('refuses %s, and does not repeat it', async (_what, given) => {
    const error = (await failure(solanaKey(given as string))) as InvalidInputError
    expect(error).toBeInstanceOf(InvalidInputError)
    expect(error.code).toBe('invalid_config')
    const text = `${error.message} ${JSON.stringify(error)} ${error.stack}`
    expect(text).not.toContain(encode58(bytes).slice(0, 12))
    if (typeof given === 'string' && given.length > 20) expect(text).not.toContain(given.slice(0, 20))
  })

  it('cannot be read out', () => {
    expect(JSON.stringify(key)).toBe(JSON.stringify({ address: key.address }))
    expect(Object.isFrozen(key)).toBe(true)
  })
})

const features = {
  'solana:signTransaction': { signTransaction: async () => [] },
  'solana:signMessage': { signMessage: async () => [] },
}

const optionsOf = (account: unknown, more: object = {}) => ({ account, ...more }) as SolanaOptions

describe('solana()', () => {
  it.each<[string, unknown]>([
    ['a key', key],
    ['a signer of @solana/kit', { address: key.address, signMessages: async () => [] }],
    ['a key management service', { address: key.address, sign: async () => new Uint8Array(64) }],
    ['a wallet', { wallet: { features }, account: { address: key.address } }],
  ])('takes %s', (_what, account) => {
    expect(solana(optionsOf(account)).account?.address).toBe(key.address)
  })

  it.each<[string, SolanaOptions, string]>([
    ['no options', undefined as never, 'options must be an object'],
    ['no account', {} as SolanaOptions, 'account'],
    ['a Promise of a key', optionsOf(solanaKey(bytes)), 'await it'],
    ['a secret', optionsOf(encode58(bytes)), 'solanaKey('],
    ['the bytes of a secret', optionsOf(bytes), 'solanaKey('],
    [
      'a viem account',
      optionsOf({ address: `0x${'1'.repeat(40)}`, type: 'local', signMessages() {} }),
      'no valid address',
    ],
    ['an address alone', optionsOf({ address: key.address }), 'solanaKey('],
    [
      'an address of 31 bytes',
      optionsOf({ ...key, address: encode58(new Uint8Array(31).fill(7)) }),
      'no valid address',
    ],
    ['a wallet without an account', optionsOf({ wallet: { features } }), 'no valid address'],
    [
      'a wallet that cannot sign',
      optionsOf({ wallet: { features: {} }, account: key }),
      'solana:signTransaction',
    ],
    [
      'a wallet that cannot sign in',
      optionsOf({
        wallet: { features: { 'solana:signTransaction': features['solana:signTransaction'] } },
        account: key,
      }),
      'solana:signMessage',
    ],
    ['a wallet of nothing', optionsOf({ wallet: null, account: key }), 'solana:signTransaction'],
    ['another cluster', optionsOf(key, { network: 'testnet' }), 'network'],
    ['a name of every object as cluster', optionsOf(key, { network: 'constructor' }), 'network'],
    ['a node that is no URL', optionsOf(key, { rpc: 'mainnet' }), 'rpc'],
    ['a node over plain http', optionsOf(key, { rpc: 'http://example.com' }), 'rpc'],
    ['a misspelt option', optionsOf(key, { rpcUrl: 'https://example.com' }), 'unknown option'],
    ['a fee of 0', optionsOf(key, { maxPriorityFee: 0 }), 'maxPriorityFee'],
    ['a fee that no facilitator takes', optionsOf(key, { maxPriorityFee: 5_000_001 }), 'maxPriorityFee'],
    ['a fee in words', optionsOf(key, { maxPriorityFee: '5' }), 'maxPriorityFee'],
    ['a fetch that is none', optionsOf(key, { fetch: 'x' }), 'fetch'],
  ])('refuses %s, and does not repeat it', (_what, options, expected) => {
    const attempt = () => solana(options)
    expect(attempt).toThrow(InvalidInputError)
    try {
      attempt()
    } catch (error) {
      expect(String(error)).toContain(expected)
      expect(String(error)).not.toContain(encode58(bytes).slice(0, 12))
    }
  })

  it('does not repeat a provider’s key in the URL of a node', () => {
    try {
      solana(optionsOf(key, { rpc: 'ftp://example.com/?api-key=hidden' }))
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('hidden')
    }
  })
})
