// How often a signer is asked, counted after what docs/wallets.md says.
import { StableStudioClient, type WalletOption } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import type { Address } from 'viem'
import { generatePrivateKey, privateKeyToAccount, toAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { promptingWallet } from '../support/job-service.ts'
import { promptsTold, type Range, signaturesTold } from '../support/wallets-page.ts'

useTestClock()

const input = { prompt: 'a lighthouse at dusk' }

/** What `asked` counts for one picture, for twenty at once, and for twenty one after another. */
async function count(wallet: WalletOption, address: Address, seed: number, asked: () => number) {
  const sandbox = createSandbox({ seed })
  sandbox.fund(address, '20')
  const studio = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
  const make = () => studio.run('grok/generate', input)
  const during = async (work: () => Promise<unknown>) => {
    const before = asked()
    await work()
    return asked() - before
  }
  const one = await during(() => played(make()))
  const atOnce = await during(() => played(Promise.all(Array.from({ length: 20 }, make))))
  const inTurn = await during(async () => {
    for (let made = 0; made < 20; made += 1) await played(make())
  })
  expect(sandbox.settlements()).toHaveLength(41)
  return { one, atOnce, inTurn }
}

function expectWithin(value: number, [least, most]: Range): void {
  expect(value).toBeGreaterThanOrEqual(least)
  expect(value).toBeLessThanOrEqual(most)
}

describe('a wallet that a person confirms in', () => {
  it.each([1, 2, 3])('asks as often as the page says, with seed %i', async (seed) => {
    const { client, address, prompts } = promptingWallet()
    const { one, atOnce, inTurn } = await count(client, address, seed, () => prompts.length)
    for (const signer of ['injected wallet', 'WalletConnect']) {
      const told = await promptsTold(signer)
      expectWithin(one, told.one)
      expectWithin(atOnce, told.twenty)
      expectWithin(inTurn, told.twenty)
    }
  })
})

describe('a signer that asks nobody', () => {
  it.each([1, 2, 3])('signs about as often as the page says, with seed %i', async (seed) => {
    const key = privateKeyToAccount(generatePrivateKey())
    let signatures = 0
    const wallet = toAccount({
      ...key,
      signTypedData(data) {
        signatures += 1
        return key.signTypedData(data)
      },
      signMessage(message) {
        signatures += 1
        return key.signMessage(message)
      },
    })
    const made = await count(wallet, key.address, seed, () => signatures)
    const [one = 0, atOnce = 0, inTurn = 0] = await signaturesTold()
    expectWithin(made.one, [one, one + 1])
    expectWithin(made.atOnce, [0.9 * atOnce, 1.1 * atOnce])
    expectWithin(made.inTurn, [0.9 * inTurn, 1.1 * inTurn])
  })

  it.each(['private key', 'mnemonic', 'wallet file', 'key service', 'CDP, Privy, Turnkey'])(
    'is a %s, as the page says',
    async (signer) => {
      expect(await promptsTold(signer)).toEqual({ one: [0, 0], twenty: [0, 0] })
    },
  )
})
