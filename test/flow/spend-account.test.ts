// An account of the page: topped up once, it pays for many pictures without asking anybody.
import { StableStudioClient } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { describe, expect, it } from 'vitest'
import { openPage } from '../support/spend.ts'
import { failure } from '../support/studio.ts'

describe('a spend account', () => {
  it.each(['plain', 'smart'])(
    'of a %s wallet: one prompt for four pictures, and one for what is left',
    async (kind) => {
      const page = await openPage({ smart: kind === 'smart' })
      const spend = await page.open()
      const told: string[] = []
      const confirmed = () => page.prompts().length
      await spend.deposit(page.wallet, '5', { onPrompt: ({ text }) => told.push(text) })
      expect(told.join()).toMatch(/^Your wallet asks you to send \$5\.00 in USDC on Base/)
      const before = confirmed()

      const studio = new StableStudioClient({
        wallet: spend,
        fetch: page.sandbox.fetch,
        limits: { perCall: '0.50', total: '5' },
        store: indexedDbStore(),
      })
      const pictures = await Promise.all(
        Array.from({ length: 4 }, (_, at) => studio.run('grok/generate', { prompt: `lighthouse ${at}` })),
      )
      expect(pictures.every(({ receipt }) => receipt.payer === spend.address)).toBe(true)
      expect(confirmed()).toBe(before)
      expect(await spend.balance()).toMatchObject({ usd: '4.72', available: '4.72' })

      await spend.withdraw(page.wallet, 'all')
      expect(page.sandbox.balance(spend.address)).toBe('0.00')
      expect(page.sandbox.balance(page.owner.address)).toBe('19.72')
    },
  )

  it('is the same one after a reload', async () => {
    const page = await openPage()
    const { address } = await page.open()
    expect((await page.open()).address).toBe(address)
  })

  it('signs for nobody but the service', async () => {
    const page = await openPage()
    const spend = await page.open()
    expect(await failure(spend.signMessage({ message: 'I agree' }))).toMatchObject({
      code: 'signature_refused',
    })
  })

  it('holds ten dollars at most, unless it is told otherwise', async () => {
    const page = await openPage()
    const error = await failure((await page.open()).deposit(page.wallet, '11'))
    expect(error).toMatchObject({ name: 'InvalidInputError', issues: [{ path: 'usd' }] })
  })
})
