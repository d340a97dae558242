// `run`: from a prompt to a file, on a sandbox, with the clock in the test’s hand.

import { type Progress, StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { createStudio, input, operation } from '../support/studio.ts'

useTestClock()

describe('the first generation', () => {
  it('turns a prompt into an image, and pays for it once', async () => {
    const sandbox = createSandbox()
    const wallet = privateKeyToAccount(generatePrivateKey())
    sandbox.fund(wallet.address, '5')

    const studio = new StableStudioClient({
      wallet,
      limits: { perCall: '0.50', perDay: '5', total: '50' },
      fetch: counted(sandbox.fetch),
    })
    const image = await played(
      studio.run('gpt-image-1/generate', {
        prompt: 'A cat in a spacesuit on Mars, photorealistic',
        size: '1024x1024',
        quality: 'high',
      }),
    )

    expect(image.kind).toBe('image')
    expect(image.url).toMatch(/^https:.*\.png$/)
    expect((await image.blob()).type).toBe('image/png')
    expect(image.receipt.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
    expect(sandbox.balance(wallet.address)).toBe('4.83')
  })
})

describe('run', () => {
  it('pays once and resolves to the image with its receipt', async () => {
    const { studio, sandbox, wallet } = createStudio()
    const image = await played(studio.run(operation, input))
    expect(image.kind).toBe('image')
    expect(image.receipt).toMatchObject({
      usd: '0.17',
      amount: '170000',
      network: 'eip155:8453',
      payer: wallet.address,
    })
    expect(sandbox.settlements()).toHaveLength(1)
    expect(sandbox.settlements()[0]?.transaction).toBe(image.receipt.transaction)
    expect(sandbox.balance(wallet.address)).toBe('9.83')
    expect([...(await image.bytes()).subarray(1, 4)]).toEqual([...new TextEncoder().encode('PNG')])
    expect((await image.blob()).type).toBe('image/png')
  })

  it('makes two round trips to pay and one for each poll', async () => {
    const { studio, sandbox } = createStudio()
    await played(studio.run(operation, input))
    const requests = sandbox.requests()
    const generate = requests.filter(({ path }) => path.startsWith('/api/generate'))
    const polls = requests.filter(({ path }) => path.startsWith('/api/jobs'))
    expect(generate.map(({ status }) => status)).toEqual([402, 200])
    expect(polls.length).toBeGreaterThan(0)
    expect(polls.every(({ status, signedIn }) => status === 200 && signedIn)).toBe(true)
    expect(requests.length).toBe(generate.length + polls.length)
  })

  it('reports progress in order and ends with the output', async () => {
    const { studio } = createStudio()
    const seen: Progress[] = []
    await played(studio.run(operation, input, { onProgress: (progress) => seen.push(progress) }))
    const phases = [...new Set(seen.map(({ phase }) => phase))]
    expect(phases).toEqual(['quote', 'approve', 'sign', 'pay', 'poll', 'output'])
    expect(seen.find(({ phase }) => phase === 'poll')).toMatchObject({ expectedMs: 10_000 })
    expect(seen.find(({ phase }) => phase === 'poll')?.nextPollInMs).toBeGreaterThan(0)
  })

  it('runs the other operations too', async () => {
    const { studio, sandbox } = createStudio()
    const banana = await played(studio.run('nano-banana-pro/generate', { prompt: 'a lighthouse at dusk' }))
    expect(banana.receipt.usd).toBe('0.13')
    const gpt = await played(
      studio.run('gpt-image-1.5/generate', { prompt: 'a lighthouse', output_format: 'webp' }),
    )
    expect(gpt.url).toMatch(/\.webp$/)
    expect(sandbox.settlements()).toHaveLength(2)
  })
})
