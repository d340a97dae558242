import { createWalletClient, custom, type Hex, recoverMessageAddress } from 'viem'
import { mnemonicToAccount, toAccount } from 'viem/accounts'
import { base } from 'viem/chains'
import { describe, expect, it } from 'vitest'
import { noWallet, toWallet } from '../../src/wallet.ts'
import {
  account,
  codeOf,
  data,
  expectValid,
  key,
  message,
  other,
  provider,
  taken,
} from '../support/browser-wallet.ts'

describe('a local account', () => {
  it('signs without asking a person', async () => {
    const wallet = taken(toWallet(account))
    expect(wallet).toMatchObject({ address: account.address, prompts: false })
    await expectValid(wallet)
  })

  it('may come from a mnemonic', async () => {
    const hd = mnemonicToAccount('test test test test test test test test test test test junk')
    const wallet = taken(toWallet(hd))
    const signature = await wallet.signMessage(message)
    expect(await recoverMessageAddress({ message, signature })).toBe(hd.address)
  })

  it('may be that of a wallet client', async () => {
    const client = createWalletClient({ account, transport: custom(provider({})), chain: base })
    const wallet = taken(toWallet(client))
    expect(wallet.prompts).toBe(false)
    await expectValid(wallet)
  })
})

describe('an account whose key lies in a KMS', () => {
  const kms = (change: Partial<Pick<typeof account, 'signMessage' | 'signTypedData'>> = {}) =>
    toAccount({
      address: account.address,
      signMessage: change.signMessage ?? account.signMessage,
      signTypedData: change.signTypedData ?? account.signTypedData,
      signTransaction: account.signTransaction,
    })

  it('signs, and is checked', async () => {
    await expectValid(taken(toWallet(kms())))
  })

  it('that answers with v 0 or 1 is put right', async () => {
    const low = (signature: Hex): Hex =>
      `${signature.slice(0, -2) as Hex}0${Number.parseInt(signature.slice(-2), 16) - 27}`
    const wallet = kms({
      signMessage: async (one) => low(await account.signMessage(one)),
      signTypedData: async (one) => low(await account.signTypedData(one)),
    })
    await expectValid(taken(toWallet(wallet)))
  })

  it('that signs with another key is refused', async () => {
    const wallet = taken(
      toWallet(kms({ signMessage: other.signMessage, signTypedData: other.signTypedData })),
    )
    expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_failed')
    expect(await codeOf(wallet.signMessage(message))).toBe('wallet_failed')
  })

  it('that throws, at once or later, is a wallet that failed', async () => {
    const cause = new Error('KMS is down')
    const throwing = () => {
      throw cause
    }
    for (const broken of [throwing, () => Promise.reject(cause)]) {
      const wallet = taken(toWallet(kms({ signMessage: broken, signTypedData: broken })))
      expect(await codeOf(wallet.signTypedData(data))).toBe('wallet_failed')
      await expect(wallet.signMessage(message)).rejects.toMatchObject({ cause })
    }
  })
})

describe('what is no wallet', () => {
  it.each<[string, unknown, RegExp]>([
    ['a private key', key, /not a string.*privateKeyToAccount/],
    ['an address', account.address, /not a string/],
    ['nothing', undefined, /must be a viem/],
    ['null', null, /must be a viem/],
    ['a number', 7, /must be a viem/],
    ['an object', {}, /no valid address/],
    [
      'a client without account',
      createWalletClient({ transport: custom(provider({})) }),
      /without an account/,
    ],
    ['an account without a type', { address: account.address }, /must be a viem/],
    ['a json-rpc account by itself', { type: 'json-rpc', address: account.address }, /must be a viem/],
    ['an account with a short address', { ...account, address: '0x1234' }, /no valid address/],
    ['a smart account by itself', { type: 'smart', address: account.address }, /must be a viem/],
    ['a smart account that signs', { ...account, type: 'smart' }, /with an account$/],
    [
      'an account of a key service that is none of viem',
      { ...account, type: 'evm-server' },
      /must be a viem.*toAccount/,
    ],
  ])('%s is refused', (_name, option, text) => {
    const problem = toWallet(option)
    expect(problem).toMatch(text)
    expect(problem).not.toContain(key.slice(2))
  })

  it('a client with a smart account is refused with the reason', () => {
    const smart = { type: 'smart', address: account.address, signMessage: () => {}, signTypedData: () => {} }
    const client = { account: smart, signTypedData: () => {}, signMessage: () => {} }
    expect(toWallet(client)).toMatch(/smart account.*sign in to collect/)
  })

  it('has an error of its own for calls that need one', () => {
    expect(noWallet()).toMatchObject({ code: 'wallet_missing', payment: 'none', safeToRetry: true })
  })
})
