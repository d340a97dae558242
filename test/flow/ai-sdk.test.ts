// The AI SDK: `generateImage` and its registries, with a wallet behind them.
import { createProviderRegistry, customProvider, generateImage, NoSuchModelError, wrapImageModel } from 'ai'
import { isStableStudioError, StableStudioClient } from 'stablestudio'
import { createStableStudio, type StableStudioImageOptions } from 'stablestudio/ai'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { png } from '../support/ai.ts'
import { counted, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure } from '../support/studio.ts'

useTestClock()

const prompt = 'a lighthouse at dusk'

/** A provider on a fresh sandbox. */
function provide() {
  const { studio: client, ...rest } = createStudio()
  return { ...rest, client, studio: createStableStudio({ client }) }
}

describe('the first picture', () => {
  it('is made with one line changed, and paid for once', async () => {
    const sandbox = createSandbox()
    const wallet = privateKeyToAccount(generatePrivateKey())
    sandbox.fund(wallet.address, '5')

    const studio = createStableStudio({ wallet, limits: { perCall: '0.50' }, fetch: counted(sandbox.fetch) })
    const { image, warnings } = await played(
      generateImage({
        model: studio.image('gpt-image-1.5'),
        prompt,
        size: '1024x1024',
        providerOptions: {
          stablestudio: {
            quality: 'low',
            maxPrice: '0.05',
          } satisfies StableStudioImageOptions<'gpt-image-1.5'>,
        },
      }),
    )

    expect(image.mediaType).toBe('image/png')
    expect([...image.uint8Array.subarray(1, 4)]).toEqual([...new TextEncoder().encode('PNG')])
    expect(warnings).toEqual([])
    expect(sandbox.settlements()).toHaveLength(1)
    const [settlement] = sandbox.settlements()
    expect(image.providerMetadata?.stablestudio).toEqual({
      jobId: settlement?.jobId,
      operation: 'gpt-image-1.5/generate',
      usd: '0.01',
      transaction: settlement?.transaction,
      url: expect.stringMatching(/^https:.*\.png$/),
      expiresAt: expect.stringMatching(/Z$/),
      attemptId: expect.stringMatching(/^att_/),
    })
  })
})

describe('several pictures', () => {
  it('are as many payments inside one call, each with its own metadata and seed', async () => {
    const { studio, sandbox } = provide()
    const { images, warnings } = await played(
      generateImage({ model: studio.image('flux-2-pro'), prompt, n: 3, seed: 5, aspectRatio: '16:9' }),
    )
    expect(images).toHaveLength(3)
    expect(warnings).toMatchObject([{ type: 'compatibility', feature: 'seed' }])
    const jobs = images.map((image) => image.providerMetadata?.stablestudio?.jobId)
    expect(new Set(jobs)).toEqual(new Set(sandbox.jobs().map(({ id }) => id)))
    expect(
      sandbox
        .jobs()
        .map(({ input }) => input.seed)
        .sort(),
    ).toEqual([5, 6, 7])
    expect(sandbox.settlements()).toHaveLength(3)
  })

  it('beyond a limit: those that were paid for are returned, and a warning for each other one', async () => {
    const { client: _, sandbox, wallet } = provide()
    const studio = createStableStudio({ wallet, fetch: counted(sandbox.fetch), limits: { total: '0.15' } })
    const result = await played(generateImage({ model: studio.image('grok'), prompt, n: 3 }))
    expect(result.images).toHaveLength(2)
    expect(result.warnings).toMatchObject([
      { type: 'other', message: expect.stringContaining('limit_total') },
    ])
    expect(sandbox.settlements()).toHaveLength(2)
    for (const { providerMetadata } of result.images)
      expect(providerMetadata?.stablestudio).toMatchObject({ usd: '0.07', operation: 'grok/generate' })
  })

  it('with a key: a larger n buys only what is new', async () => {
    const { studio, client, sandbox } = provide()
    const call = (n: number) =>
      generateImage({
        model: studio.image('grok'),
        prompt,
        n,
        providerOptions: { stablestudio: { idempotencyKey: 'order-7' } },
      })
    const one = await played(call(1))
    const three = await played(call(3))
    expect(three.images[0]?.providerMetadata).toEqual(one.image.providerMetadata)
    expect(sandbox.settlements()).toHaveLength(3)
    // The first one's key is the caller's own, as with the client.
    await played(client.run('grok/generate', { prompt }, { idempotencyKey: 'order-7' }))
    expect(sandbox.settlements()).toHaveLength(3)
  })
})

describe('an edit', () => {
  it('takes files: bytes are uploaded, once', async () => {
    const { studio, sandbox } = provide()
    const edited = await played(
      generateImage({
        model: studio.image('nano-banana'),
        prompt: { text: 'at night', images: [png] },
        n: 2,
      }),
    )
    expect(edited.images).toHaveLength(2)
    expect(sandbox.jobs().map(({ operation }) => operation)).toEqual(Array(2).fill('nano-banana/edit'))
    expect(
      sandbox
        .settlements()
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual(['nano-banana/edit', 'nano-banana/edit', 'upload'])
  })
})

describe('the key', () => {
  it('may be a header, as the AI SDK has it; the same key twice is one payment', async () => {
    const { studio, sandbox } = provide()
    const call = (text = prompt, key = 'order-8') =>
      generateImage({ model: studio.image('grok'), prompt: text, headers: { 'Idempotency-Key': key } })
    const [first, second] = await played(Promise.all([call(), call()]))
    expect(first.image.providerMetadata).toEqual(second.image.providerMetadata)
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await played(failure(call('something else')))).toMatchObject({ code: 'idempotency_conflict' })
    await played(call(prompt, 'x'.repeat(1000)))
    await played(call(prompt, 'x'.repeat(1000)))
    expect(sandbox.settlements()).toHaveLength(2)
  })
})

describe('in the AI SDK', () => {
  it('is a provider: in registries, as a custom provider, under middleware, as the default', async () => {
    const { studio, sandbox } = provide()
    const registry = createProviderRegistry({ stablestudio: studio })
    const custom = customProvider({ imageModels: { cheap: studio.image('grok') }, fallbackProvider: studio })
    const seen: unknown[] = []
    const wrapped = wrapImageModel({
      model: custom.imageModel('grok'),
      middleware: {
        specificationVersion: 'v4',
        wrapGenerate: async ({ doGenerate, params }) => {
          seen.push(params.prompt)
          return doGenerate()
        },
      },
    })
    for (const model of [registry.imageModel('stablestudio:grok'), custom.imageModel('cheap'), wrapped])
      expect((await played(generateImage({ model, prompt }))).images).toHaveLength(1)
    expect(seen).toEqual([prompt])
    Object.assign(globalThis, { AI_SDK_DEFAULT_PROVIDER: studio })
    try {
      await played(generateImage({ model: 'grok', prompt }))
    } finally {
      Reflect.deleteProperty(globalThis, 'AI_SDK_DEFAULT_PROVIDER')
    }
    expect(sandbox.settlements()).toHaveLength(4)
  })

  it('has no language or embedding models', () => {
    const { studio } = provide()
    const registry = createProviderRegistry({ stablestudio: studio })
    for (const ask of [
      () => studio.languageModel('gpt-5'),
      () => registry.languageModel('stablestudio:gpt-5'),
      () => studio.embeddingModel('ada'),
    ]) {
      const error = caught(ask)
      expect(NoSuchModelError.isInstance(error) && isStableStudioError(error)).toBe(true)
    }
  })
})

describe('createStableStudio', () => {
  it('takes a client or its options, and nothing else', () => {
    const client = new StableStudioClient()
    expect(createStableStudio({ client }).client).toBe(client)
    expect(createStableStudio({}).client).toBeInstanceOf(StableStudioClient)
    const wallet = privateKeyToAccount(generatePrivateKey())
    for (const wrong of [
      { client, wallet },
      { client: {} },
      { client: undefined },
      { apiKey: 'x' },
      'x',
      null,
    ])
      expect(caught(() => createStableStudio(wrong as never))).toMatchObject({ name: 'InvalidInputError' })
  })
})

function caught(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}
