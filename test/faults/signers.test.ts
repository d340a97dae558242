// Signers that no program controls: a key service that is slow, silent or signs in its own way, and what becomes of money.
import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount, toAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, failure } from '../support/studio.ts'

useTestClock()

const never = Number.POSITIVE_INFINITY
const input = { prompt: 'a lighthouse at dusk' }

type Slow = { payment?: number; signIn?: number; change?: (signature: Hex) => Hex }

/** A client whose account answers after so many ms, and what the service saw. */
function createRemote({ payment = 0, signIn = 0, change = (signature) => signature }: Slow) {
  const key = privateKeyToAccount(generatePrivateKey())
  const times = { payment, signIn }
  const after = (ms: number) =>
    ms === never ? new Promise(() => {}) : new Promise((resolve) => setTimeout(resolve, ms))
  const wallet = toAccount({
    ...key,
    async signTypedData(data) {
      await after(times.payment)
      return change(await key.signTypedData(data))
    },
    async signMessage(message) {
      await after(times.signIn)
      return change(await key.signMessage(message))
    },
  })
  const sandbox = createSandbox()
  sandbox.fund(key.address, '5')
  const studio = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
  const paid = () => sandbox.requests().filter((one) => one.paid).length
  return { studio, sandbox, times, paid }
}

describe('a signer', () => {
  it('that takes nearly four minutes pays once, and collects the picture', async () => {
    const { studio, sandbox } = createRemote({ payment: 235_000, signIn: 20_000 })
    await played(studio.run('grok/generate', input))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('that answers when the authorization has less than a minute left has paid nothing', async () => {
    const { studio, sandbox, paid } = createRemote({ payment: 245_000 })
    const error = await played(failure(studio.run('grok/generate', input)))
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'wallet_timeout',
      payment: 'signed',
      safeToRetry: true,
      hint: 'Nothing was paid. Call again, and have the wallet answer within 240 s.',
    })
    expect([paid(), sandbox.settlements()]).toEqual([0, []])
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('that never answers ends the call after five minutes, or after its own timeout', async () => {
    const { studio, paid } = createRemote({ payment: never })
    const begun = Date.now()
    const ended = async (timeout?: number) => {
      const run = studio.run('veo-3.1/generate', input, timeout === undefined ? {} : { timeout })
      const error = await played(failure(run))
      expect(error).toMatchObject({ code: 'wallet_timeout', payment: 'none', safeToRetry: true })
      return Math.round((Date.now() - begun) / 1000)
    }
    expect(await ended(20_000)).toBe(20)
    expect(await ended()).toBe(320)
    expect(paid()).toBe(0)
    expect((await all(studio.payments())).map(({ state }) => state)).toEqual(['released', 'released'])
  })

  it('that answers after the call has ended is not heard any more', async () => {
    const { studio, paid } = createRemote({ payment: 60_000 })
    await played(failure(studio.run('grok/generate', input, { timeout: 20_000 })))
    await pass(120_000)
    expect(paid()).toBe(0)
    expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
  })

  it('that falls silent after the payment leaves the job in the error, and a later wait collects it', async () => {
    const { studio, sandbox, times } = createRemote({ signIn: never })
    const error = await played(failure(studio.run('grok/generate', input)))
    expect(error).toMatchObject({ code: 'wallet_timeout', payment: 'settled', safeToRetry: false })
    times.signIn = 0
    const { job } = error as { job: Parameters<typeof studio.wait>[0] }
    expect((await played(studio.wait(job))).receipt?.usd).toBe('0.07')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('whose s is the higher one is put right before anything is sent', async () => {
    const { studio, sandbox } = createRemote({ change: higher })
    await played(studio.run('grok/generate', input))
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

/** The other signature of the same hash by the same key (SEC 1 §4.1.4), which token contracts refuse (EIP-2). */
function higher(signature: Hex): Hex {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  return `${signature.slice(0, 66) as Hex}${s.toString(16).padStart(64, '0')}${v}`
}
