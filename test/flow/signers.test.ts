// The recipes of docs/wallets.md that need no outside service: each makes a wallet, and the wallet pays on the sandbox.
import { join } from 'node:path'
import { StableStudioClient, type WalletOption } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { type Address, recoverMessageAddress } from 'viem'
import { english, generateMnemonic, generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { injectedWallet } from '../../examples/wallets/injected.ts'
import { openWalletFile } from '../../examples/wallets/keystore.ts'
import { kmsAccount } from '../../examples/wallets/kms.ts'
import { spendAccount } from '../../examples/wallets/spend-account.ts'
import { account, provider } from '../support/browser-wallet.ts'
import { useCommand } from '../support/command.ts'
import { keyServiceAt, serveKey } from '../support/key-service.ts'
import { openPage } from '../support/spend.ts'
import { promptsTold } from '../support/wallets-page.ts'

const machine = useCommand()

/** Makes a picture, and looks at who paid. */
async function paysWith(wallet: WalletOption, address: Address): Promise<void> {
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(address, '1')
  const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch })
  const image = await studio.run('grok/generate', { prompt: 'a lighthouse at dusk' })
  expect((await image.bytes()).length).toBeGreaterThan(0)
  expect(sandbox.settlements().map(({ from }) => from)).toEqual([address])
}

describe('a private key', () => {
  it('from the environment pays', async () => {
    const key = generatePrivateKey()
    vi.stubEnv('PRIVATE_KEY', key)
    const { wallet } = await import('../../examples/wallets/private-key.ts')
    await paysWith(wallet, privateKeyToAccount(key).address)
  })
})

describe('a mnemonic', () => {
  it('from the environment pays with its first account', async () => {
    // The words of Hardhat and Anvil, and the first address that both print.
    vi.stubEnv('MNEMONIC', 'test test test test test test test test test test test junk')
    const { wallet } = await import('../../examples/wallets/mnemonic.ts')
    expect(wallet.address).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
    await paysWith(wallet, wallet.address)
  })

  it('with a word that is wrong is another account, and nothing says so', async () => {
    const words = generateMnemonic(english).split(' ')
    const typo = words.with(3, words[3] === 'zoo' ? 'zone' : 'zoo').join(' ')
    const { mnemonicToAccount } = await import('viem/accounts')
    expect(mnemonicToAccount(typo).address).not.toBe(mnemonicToAccount(words.join(' ')).address)
  })
})

describe('a wallet file', () => {
  const password = 'correct horse battery'
  const env = { STABLESTUDIO_PRIVATE_KEY: undefined, STABLESTUDIO_PASSWORD: password }

  it('that the command made pays, and its password is needed', async () => {
    const one = await machine()
    const { code, stdout } = await one.run(['wallet', 'new', 'me'], { env })
    expect(code).toBe(0)
    const path = join(one.data, 'keystores', 'me.json')
    await paysWith(await openWalletFile(path, password), stdout.trim() as Address)
    await expect(openWalletFile(path, 'wrong')).rejects.toThrow('corrupt')
  })
})

describe('a key in a key service', () => {
  it('pays, and signs with either s as the service likes', async () => {
    const server = await serveKey()
    onTestFinished(server.close)
    const wallet = await kmsAccount(keyServiceAt(server.url))
    expect(wallet.address).toBe(server.account.address)
    await paysWith(wallet, server.account.address)
    // Each is one of two by chance: a hundred of the same kind do not happen.
    for (let tries = 0; tries < 100 && new Set(server.high).size < 2; tries += 1)
      await wallet.signMessage({ message: `${tries}` })
    expect(new Set(server.high)).toEqual(new Set([true, false]))
  })

  it('gives 65 bytes with the lower s and 27 or 28, which every contract accepts', async () => {
    const server = await serveKey()
    onTestFinished(server.close)
    const wallet = await kmsAccount(keyServiceAt(server.url))
    const ends = new Set<string>()
    for (let at = 0; at < 24; at += 1) {
      const message = `picture ${at}`
      const signature = await wallet.signMessage({ message })
      expect(signature).toMatch(/^0x[0-9a-f]{64}[0-7][0-9a-f]{63}1[bc]$/)
      expect(await recoverMessageAddress({ message, signature })).toBe(server.account.address)
      ends.add(signature.slice(-2))
    }
    expect([...ends].sort()).toEqual(['1b', '1c'])
  })

  it('whose alias leads to another key now signs nothing that is sent', async () => {
    const server = await serveKey()
    onTestFinished(server.close)
    const wallet = await kmsAccount(keyServiceAt(server.url))
    server.replaceKey()
    await expect(wallet.signMessage({ message: 'x' })).rejects.toThrow('signed with another key')
    await expect(paysWith(wallet, wallet.address)).rejects.toMatchObject({
      code: 'wallet_failed',
      payment: 'none',
    })
  })

  it('signs no transactions', async () => {
    const server = await serveKey()
    onTestFinished(server.close)
    const wallet = await kmsAccount(keyServiceAt(server.url))
    await expect(wallet.signTransaction({ type: 'eip1559', chainId: 8453 })).rejects.toThrow('payments and')
  })
})

describe('the wallet of a browser', () => {
  it('pays with the account that the visitor connects', async () => {
    const { calls, request } = provider({
      answer: (method) => (method === 'eth_requestAccounts' ? Promise.resolve([account.address]) : undefined),
    })
    vi.stubGlobal('window', { ethereum: { request } })
    await paysWith(await injectedWallet(), account.address)
    expect(calls.filter((method) => method !== 'eth_chainId')).toEqual([
      'eth_requestAccounts',
      'eth_signTypedData_v4',
      'personal_sign',
    ])
  })

  it('that is not there is told in a sentence', async () => {
    vi.stubGlobal('window', {})
    await expect(injectedWallet()).rejects.toThrow('no wallet in this browser')
  })
})

describe.each(['plain', 'smart'])('a spend account, filled from a %s wallet,', (kind) => {
  it('asks once for twenty pictures, and is not filled again while there is enough', async () => {
    const page = await openPage({ smart: kind === 'smart' })
    const wallet = await spendAccount(page.wallet, page.rpc)
    const studio = new StableStudioClient({ wallet, fetch: page.sandbox.fetch })
    const pictures = Array.from({ length: 20 }, (_, at) => ({ prompt: `lighthouse ${at}` }))
    await Promise.all(pictures.map((picture) => studio.run('grok/generate', picture)))
    await spendAccount(page.wallet, page.rpc)
    // A smart wallet refuses the other way by itself.
    const method = kind === 'smart' ? 'wallet_sendCalls' : 'eth_sendTransaction'
    const prompts = page.asked.filter((one) => one.method === method).length
    expect(await promptsTold('spend account')).toEqual({
      one: [prompts, prompts],
      twenty: [prompts, prompts],
    })
    expect(page.sandbox.balance(wallet.address)).toBe('3.60')
  })
})
