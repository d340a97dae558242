// One generation from prompt to file on the sandbox, with the clock in the test's hand.
import { describe, expect, it, vi } from 'vitest'
import type { Progress } from 'stablestudio'
import { StableStudioClient } from 'stablestudio'
import type { StableStudioError } from 'stablestudio'
import { JobFailedError, JobTimeoutError, SignInError, UnknownOperationError } from 'stablestudio'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'

useTestClock()

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

  it('tells each step as an event, without signature or prompt', async () => {
    const { studio } = createStudio()
    const events: [string, unknown][] = []
    const names = [
      'offer.received',
      'payment.reserved',
      'payee.pinned',
      'payment.signed',
      'payment.settled',
      'job.created',
      'job.completed',
    ] as const
    for (const name of names) studio.on(name, (payload) => events.push([name, payload]))
    studio.on('payment.signed', () => {
      throw new Error('a listener must not disturb a payment')
    })
    await played(studio.run(operation, input))
    expect(events.map(([name]) => name)).toEqual([...names])
    const text = JSON.stringify(events)
    expect(text).not.toContain(input.prompt)
    expect(text).not.toMatch(/0x[0-9a-f]{130}/i)
  })

  it('serves an operation without pollUrl in its answer', async () => {
    const { studio } = createStudio()
    const job = await played(studio.submit(operation, input))
    expect(job.pollUrl).toBe(`https://stablestudio.dev/api/jobs/${job.id}`)
    expect(JSON.parse(JSON.stringify(job))).toEqual(job)
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

describe('quote and submit', () => {
  it('quotes without a wallet and signs nothing', async () => {
    const { sandbox } = createStudio()
    const studio = new StableStudioClient({ fetch: sandbox.fetch })
    const quote = await studio.quote(operation, input)
    expect(quote).toMatchObject({ operation, usd: '0.17', amount: 170_000n, protocol: 'x402' })
    expect(quote.receivedAt).toBe('2026-11-22T12:00:00.400Z')
    expect(sandbox.settlements()).toHaveLength(0)
    const error = (await failure(studio.submit(quote))) as StableStudioError
    expect(error).toMatchObject({
      name: 'WalletError',
      code: 'wallet_missing',
      payment: 'none',
      safeToRetry: true,
    })
  })

  it('pays a quote with one request, its own offer', async () => {
    const { studio, sandbox } = createStudio()
    const quote = await studio.quote(operation, input)
    await studio.submit(quote)
    expect(sandbox.requests().map(({ status }) => status)).toEqual([402, 200])
  })

  it('asks again for a quote that came through JSON, and pays it while the price is the same', async () => {
    const { studio, sandbox } = createStudio()
    const quote = await studio.quote(operation, input)
    const { amount, ...plain } = quote
    await studio.submit({ ...plain, amount })
    expect(sandbox.requests().map(({ status }) => status)).toEqual([402, 402, 200])
  })

  it('refuses a quote whose price changed', async () => {
    let price = '0.17'
    const { studio, sandbox } = createStudio({}, { price: () => price })
    const quote = await studio.quote(operation, input)
    price = '0.18'
    const error = await failure(studio.submit({ ...quote }))
    expect(error).toMatchObject({ name: 'OfferRefusedError', code: 'price_changed', payment: 'none' })
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('does not pay the fresh price that a changed one is answered with', async () => {
    let price = '0.17'
    const { studio, sandbox } = createStudio({}, { price: () => price })
    const quote = await studio.quote(operation, input)
    price = '0.16'
    const error = await failure(studio.submit(quote))
    expect(error).toMatchObject({ name: 'PaymentRejectedError', category: 'price', payment: 'rejected' })
    expect(sandbox.settlements()).toHaveLength(0)
    expect(sandbox.requests().filter(({ paid }) => paid)).toHaveLength(1)
  })
})

describe('wait', () => {
  it('collects a job in another client by its JSON', async () => {
    const { studio, sandbox, wallet } = createStudio()
    const job = JSON.parse(JSON.stringify(await studio.submit(operation, input)))
    const other = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
    const image = await played(other.wait(job))
    expect(image.receipt).toEqual(job.receipt)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('collects a job by its id alone, without a receipt', async () => {
    const { studio } = createStudio()
    const job = await studio.submit(operation, input)
    const image = await played(studio.wait(job.id))
    expect(image.receipt).toBeUndefined()
    expect(image.url).toMatch(/^https:/)
  })

  it('ends at the timeout with the job in hand, and goes on when called again', async () => {
    const { studio, sandbox } = createStudio()
    const error = await failure(played(studio.run(operation, input, { timeout: 3_000 })))
    expect(error).toBeInstanceOf(JobTimeoutError)
    expect(error).toMatchObject({ payment: 'settled', safeToRetry: false, phase: 'poll' })
    const { job } = error as JobTimeoutError
    if (!job) throw new Error('the error carries no job')
    const image = await played(studio.wait(job))
    expect(image.receipt?.usd).toBe('0.17')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('looks once even when the call is shorter than the first pause', async () => {
    const { studio, sandbox } = createStudio()
    const job = await studio.submit(operation, input)
    sandbox.clock.advance(60_000)
    const image = await played(studio.wait(job, { timeout: 1_500 }))
    expect(image.jobId).toBe(job.id)
  })

  it('ends with the failure of a moderated job, paid', async () => {
    const { studio, sandbox } = createStudio()
    const prompt = 'moderated-content of my secret plan'
    const error = await failure(played(studio.run(operation, { ...input, prompt })))
    expect(error).toBeInstanceOf(JobFailedError)
    expect(error).toMatchObject({ payment: 'settled', safeToRetry: false, code: 'job_failed' })
    expect((error as Error).message).toContain('sensitive')
    expect((error as Error).message).not.toContain('secret plan')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('does not show a job to another wallet', async () => {
    const { studio, sandbox } = createStudio()
    const job = await studio.submit(operation, input)
    const { wallet } = createStudio()
    const stranger = new StableStudioClient({ wallet, fetch: counted(sandbox.fetch) })
    const error = await failure(played(stranger.wait(job)))
    expect(error).toBeInstanceOf(SignInError)
  })

  it('aborts with the job and the reason, and the job goes on', async () => {
    const { studio } = createStudio()
    const stop = new AbortController()
    const running = failure(studio.run(operation, input, { signal: stop.signal }))
    await pass(2_000)
    const reason = new Error('the user left')
    stop.abort(reason)
    const error = (await running) as StableStudioError
    expect(error).toMatchObject({ code: 'aborted', payment: 'settled', cause: reason })
    if (!error.job) throw new Error('the error carries no job')
    expect((await played(studio.wait(error.job))).kind).toBe('image')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('operations that the service does not have', () => {
  it('names what replaced gpt-image-1 when the service has dropped it', async () => {
    const { wallet, sandbox } = createStudio()
    const gone: typeof fetch = async (request, init) => {
      const url = request instanceof Request ? request.url : String(request)
      const elsewhere = url.replace('gpt-image-1/', 'gone/')
      return sandbox.fetch(new Request(elsewhere, request instanceof Request ? request : init))
    }
    const studio = new StableStudioClient({ wallet, fetch: gone })
    const error = await failure(studio.run(operation, input))
    expect(error).toBeInstanceOf(UnknownOperationError)
    expect((error as UnknownOperationError).replacements).toEqual([
      'gpt-image-1.5/generate',
      'gpt-image-2/generate',
    ])
    expect((error as Error).message).toContain('gpt-image-1.5/generate')
  })

  it('wants maxPrice for an operation that it does not know, before anything is sent', async () => {
    const { studio, sandbox } = createStudio()
    const error = await failure(studio.run('tomorrow/generate', { anything: 1 }))
    expect(error).toMatchObject({ name: 'InvalidInputError', code: 'max_price_required' })
    expect(sandbox.requests()).toHaveLength(0)
  })
})

describe('jobs.get and payments', () => {
  it('reads a job through its life', async () => {
    const { studio } = createStudio()
    const job = await studio.submit(operation, input)
    const early = await studio.jobs.get(job.id)
    expect(early).toMatchObject({ id: job.id, type: 'gpt-image-1-generate', status: 'pending', progress: 0 })
    await pass(30_000)
    const late = await studio.jobs.get(job.id)
    expect(late).toMatchObject({ status: 'complete', progress: 100 })
    expect(late.output?.url).toMatch(/\.png$/)
  })

  it('lists what was paid', async () => {
    const { studio } = createStudio({ limits: { total: '0.20' } })
    const job = await studio.submit(operation, input)
    const refused = await failure(studio.submit(operation, input))
    expect(refused).toMatchObject({
      name: 'LimitExceededError',
      code: 'limit_total',
      spent: '0.17',
      asked: '0.17',
    })
    expect(await all(studio.payments())).toMatchObject([
      { id: job.attemptId, state: 'settled', usd: '0.17', jobId: job.id },
    ])
  })
})
