// Typos and wrong values: before anything is signed, each is told what was meant or what there is.
import { type ClientOptions, StableStudioClient, x402 } from 'stablestudio'
import { indexedDbStore } from 'stablestudio/browser'
import { mpp } from 'stablestudio/mpp'
import { fileStore, fromFile, saveTo, toNodeListener } from 'stablestudio/node'
import { createProxy } from 'stablestudio/proxy'
import { redisStore } from 'stablestudio/redis'
import { createWalletClient, custom } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

/** The message of what is thrown at once; fails when it is not an error of the package. */
function told(make: () => unknown): string {
  try {
    make()
  } catch (error) {
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'invalid_config', payment: 'none' })
    return String(error)
  }
  throw new Error('nothing was refused')
}

const client = (options: unknown) => told(() => new StableStudioClient(options as ClientOptions))

describe('a misspelt name', () => {
  it('of an operation is told the right one, before it is told of maxPrice', async () => {
    const { studio, sandbox } = createStudio()
    const error = await played(failure(studio.run('gpt-image-1.5/generat', input)))
    expect(error).toMatchObject({ code: 'max_price_required', payment: 'none' })
    expect(String(error)).toMatch(
      /does not know gpt-image-1\.5\/generat\. Did you mean gpt-image-1\.5\/generate\?/,
    )
    expect(String(error)).toMatch(/Correct the name, or pass `maxPrice`/)
    expect(sandbox.requests()).toHaveLength(0)
  })

  it('of an operation is told the right one by quote() and with maxPrice, too', async () => {
    const { studio, sandbox } = createStudio()
    const typo = 'gpt-image-1.5/generat'
    for (const ask of [() => studio.quote(typo, input), () => studio.run(typo, input, { maxPrice: '1' })])
      expect(await played(failure(ask()))).toMatchObject({
        name: 'UnknownOperationError',
        hint: 'Did you mean gpt-image-1.5/generate?',
      })
    expect(sandbox.settlements()).toEqual([])
  })

  it('of a field of the input is told the right one', async () => {
    const { studio } = createStudio()
    const error = await played(failure(studio.run(operation, { ...input, qualty: 'high' } as never)))
    expect(String(error)).toContain('unknown field: qualty. Did you mean quality?')
  })

  it('of an option is told the right one, at every depth and of every call', async () => {
    const { studio } = createStudio()
    expect(client({ limit: { perCall: '1' } })).toContain('limit: unknown option. Did you mean limits?')
    expect(client({ limits: { percall: '1' } })).toContain('percall: unknown option. Did you mean perCall?')
    expect(client({ timeouts: { qoute: 5 } })).toContain('qoute: unknown option. Did you mean quote?')
    const run = await played(failure(studio.run(operation, input, { max_price: '1' } as never)))
    expect(String(run)).toContain('max_price: unknown option. Did you mean maxPrice?')
    const listed = await played(failure(all(studio.jobs.list({ limits: 5 } as never))))
    expect(String(listed)).toContain('limits: unknown option. Did you mean limit?')
    const upload = await played(failure(studio.upload(new Blob(['x']), { fileName: 'a.png' } as never)))
    expect(String(upload)).toContain('fileName: unknown option. Did you mean filename?')
    expect(told(() => createProxy({ alowOrigins: [] } as never))).toContain('Did you mean allowOrigins?')
    expect(told(() => x402({ network: [] } as never))).toContain('Did you mean networks?')
    const account = privateKeyToAccount(generatePrivateKey())
    expect(told(() => mpp({ account, rpcURL: 'https://x.example' } as never))).toContain(
      'Did you mean rpcUrl?',
    )
    expect(told(() => redisStore({ eval: async () => null }, { prefx: 'x' } as never))).toContain(
      'mean prefix?',
    )
    const saved = await failure(
      saveTo({ blob: async () => new Blob() } as never, 'x', { overwite: true } as never),
    )
    expect(String(saved)).toContain('overwite: unknown option. Did you mean overwrite?')
  })

  it('of an event or a status is told the right one', async () => {
    const { studio } = createStudio()
    expect(told(() => studio.on('payment.setled' as never, () => {}))).toContain(
      'Did you mean payment.settled?',
    )
    expect(told(() => studio.on('paid' as never, () => {}))).toContain(
      'known: offer.received, payment.reserved',
    )
    expect(told(() => studio.on('job.failed', 'log' as never))).toContain('listener: must be a function')
    const listed = await played(failure(all(studio.jobs.list({ status: 'completed' as never }))))
    expect(String(listed)).toContain('status: unknown status. Did you mean complete?')
  })
})

describe('a value of the wrong kind', () => {
  const edit = async (image: unknown) => {
    const { studio, sandbox } = createStudio()
    const error = await played(
      failure(studio.run('nano-banana-pro/edit', { prompt: 'x', images: [image] } as never)),
    )
    expect(error).toMatchObject({ name: 'InvalidInputError', payment: 'none' })
    expect(sandbox.requests()).toHaveLength(0)
    return String(error)
  }

  it.each<[string, unknown, string]>([
    ['a promise', Promise.resolve(new Blob()), 'images.0: is a Promise: await it'],
    [
      'an output',
      { url: 'https://x.example/a.png', jobId: 'job_1' },
      'images.0: is an Output: use output.url',
    ],
    ['a stream', new Blob(['x']).stream(), 'images.0: is a stream: read it first'],
    ['a path', './house.jpg', "pass bytes, a File, or await fromFile(path) from 'stablestudio/node'"],
    ['an http URL', 'http://x.example/a.png', 'pass bytes, a File, or await (await fetch(url)).blob()'],
    ['a data URL', 'data:image/png;base64,AAAA', 'pass bytes, a File, or await (await fetch(url)).blob()'],
    ['a blob URL', 'blob:https://x.example/1', 'pass bytes, a File, or await (await fetch(url)).blob()'],
    ['null', null, 'must be an https URL, bytes or a File, not null'],
  ])('in place of a file: %s', async (_name, image, said) => {
    expect(await edit(image)).toContain(said)
  })

  it.each<[string, unknown, string]>([
    ['a path', 'house.jpg', "for a path, await fromFile(path) from 'stablestudio/node'"],
    ['a URL', 'https://x.example/a.png', 'is a URL: pass it as an input, which needs no upload'],
    ['a promise', Promise.resolve(), 'is a Promise: await it'],
    ['nothing', undefined, 'must be a Blob, File, Uint8Array or ArrayBuffer, not undefined'],
  ])('in place of an upload: %s', async (_name, file, said) => {
    const error = await played(failure(createStudio().studio.upload(file as Blob)))
    expect(String(error)).toContain(said)
  })

  it('in place of an operation, a job or a quote', async () => {
    const { studio } = createStudio()
    const quote = await played(studio.quote(operation, input))
    expect(String(await played(failure(studio.run(quote as never, undefined as never))))).toContain(
      'operation: is a Quote: pay it with submit(quote), then wait(job)',
    )
    const pending = Promise.resolve() as never
    expect(String(await played(failure(studio.wait(pending))))).toContain('job: is a Promise: await it')
    expect(String(await played(failure(studio.submit(pending))))).toContain('quote: is a Promise: await it')
    expect(String(await played(failure(studio.jobs.get(pending))))).toContain('jobId: is a Promise: await it')
  })

  it('in place of what a function takes', async () => {
    const saved = failure(saveTo(Promise.resolve() as never, 'x.png'))
    expect(await saved).toMatchObject({ name: 'InvalidInputError', issues: [{ path: 'output' }] })
    expect(String(await saved)).toContain('output: is a Promise: await it')
    const pathless = await failure(saveTo({ blob: async () => new Blob() } as never, undefined as never))
    expect(String(pathless)).toContain('path: must be a string, not null')
    expect(String(await failure(fromFile(undefined as never)))).toContain(
      'path: must be a string, not undefined',
    )
    expect(told(() => fileStore(undefined as never))).toContain('directory: must be a string, not undefined')
    expect(told(() => fileStore(''))).toContain('directory: must not be empty')
    expect(told(() => redisStore(undefined as never))).toContain('client: must be a client of ioredis')
    expect(told(() => indexedDbStore(1 as never))).toContain('name: must be a string, not a number')
    expect(told(() => createProxy(1 as never))).toContain('options must be an object')
    expect(told(() => toNodeListener(undefined as never))).toContain('handler: must be a fetch handler')
    expect(client('0xkey')).toContain('options must be an object')
    expect(client(Promise.resolve({}))).toContain('options is a Promise: await it')
  })
})

describe('what is no wallet of viem', () => {
  const { address, signMessage } = privateKeyToAccount(generatePrivateKey())

  it.each<[string, unknown, string]>([
    [
      'window.ethereum',
      { request: async () => [] },
      'createWalletClient({ account, transport: custom(window.ethereum) })',
    ],
    [
      'a wallet of ethers',
      { address, signMessage, getAddress: async () => address },
      "is an ethers signer: use privateKeyToAccount(wallet.privateKey) from 'viem/accounts', or createWalletClient",
    ],
    ['a private key', generatePrivateKey(), "use privateKeyToAccount(…) from 'viem/accounts'"],
    ['a promise', Promise.resolve(), 'wallet: is a Promise: await it'],
    [
      'a client without an account',
      createWalletClient({ transport: custom({ request: async () => [] }) }),
      'is a WalletClient without an account',
    ],
  ])('is told how to make one: %s', (_name, wallet, said) => {
    expect(client({ wallet })).toContain(said)
  })
})

it('numbers and addresses are told what is allowed', () => {
  expect(client({ baseUrl: 'api/x' })).toContain("must be a URL, or in a page a path that starts with '/'")
  expect(client({ timeouts: { pay: 1e12 } })).toContain('milliseconds, at most 2147483647')
})
