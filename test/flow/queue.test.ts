// Many generations over many machines: a producer without a wallet, and workers that pay, on a real Redis.
import { isStableStudioError, StableStudioClient } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { useQueues } from '../support/queues.ts'
import { hasRedis } from '../support/redis.ts'
import { all, failure } from '../support/studio.ts'

const operation = 'nano-banana/generate'
const input = { prompt: 'a lighthouse at dusk' }

describe.skipIf(!hasRedis())('a queue of generations', () => {
  const { open } = useQueues()

  it('pays for a key once, saves it, and tells what became of it', async () => {
    const { generations, sandbox, work, studio } = open()
    await generations.add(operation, input, { key: 'order-1' })
    expect(await generations.get('order-1')).toEqual({ key: 'order-1', operation, stage: 'queued' })

    work()
    const { value, receipt, job } = await generations.result('order-1', { timeout: 30_000 })

    expect<unknown>(value).toEqual({ key: 'order-1', bytes: expect.any(Number) })
    const [settlement] = sandbox.settlements()
    expect(sandbox.settlements()).toHaveLength(1)
    expect(receipt).toMatchObject({ usd: '0.07', transaction: settlement?.transaction })
    expect(job.id).toBe(settlement?.jobId)
    expect(await generations.get('order-1')).toMatchObject({ stage: 'done', progress: 100, job, receipt })
    // The ledger knows it by the same key, and by its job.
    const payment = await studio.payment({ idempotencyKey: 'order-1' })
    expect(payment).toMatchObject({ state: 'settled', jobId: job.id })
    expect(await studio.payment({ jobId: job.id })).toEqual(payment)
  })

  it('takes the same generation again as the same one, and refuses the key for another', async () => {
    const { generations, sandbox, work } = open()
    work()
    await Promise.all([1, 2, 3].map(() => generations.add(operation, input, { key: 'order-1' })))
    await generations.add(operation, { prompt: input.prompt }, { key: 'order-1' })
    const { job } = await generations.result('order-1')

    const refused = await failure(generations.add(operation, { prompt: 'another' }, { key: 'order-1' }))
    expect(refused).toMatchObject({ name: 'InvalidInputError', code: 'idempotency_conflict' })
    await generations.add(operation, input, { key: 'order-1' })
    expect((await generations.result('order-1')).job).toEqual(job)
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('adds all of a thousand or none', async () => {
    const { generations } = open()
    const orders = Array.from({ length: 1_000 }, (_, at) => ({ operation, input, key: `order-${at}` }))
    const wrong = await failure(
      generations.addBulk([...orders.slice(0, 500), { ...orders[0], key: '' } as never]),
    )
    expect(wrong).toMatchObject({
      name: 'InvalidInputError',
      issues: [{ path: '500.key', message: 'must be a string of 1 to 10,240 characters' }],
    })
    const clash = { operation, input: { prompt: 'another' }, key: 'order-7' }
    expect(await failure(generations.addBulk([...orders.slice(0, 10), clash]))).toMatchObject({
      code: 'idempotency_conflict',
    })
    expect(await failure(generations.addBulk([...orders, clash]))).toMatchObject({ code: 'invalid_input' })
    expect(await generations.counts()).toMatchObject({ queued: 0 })

    await generations.addBulk(orders)
    await generations.addBulk(orders)
    expect(await generations.counts()).toEqual({
      ...{ queued: 1_000, paying: 0, working: 0, done: 0, failed: 0 },
      paused: false,
    })
  })

  it('takes any key', async () => {
    const { generations, sandbox, work, studio } = open()
    const keys = [
      '42',
      '0',
      'a:b',
      'a:b:c',
      'ключ 🎨',
      ' ',
      '..',
      '__proto__',
      '\ud800',
      '\ud801',
      'x'.repeat(10_240),
    ]
    keys.push('y'.repeat(129), '\u0000\n\r', '{a}', '*', `key-${'0'.repeat(64)}`, 'a', 'A')
    await generations.addBulk(
      keys.map((key) => ({ operation, input: { prompt: `of ${keys.indexOf(key)}` }, key })),
    )
    work()
    const jobs = await Promise.all(keys.map(async (key) => (await generations.result(key)).job.id))
    expect(new Set(jobs).size).toBe(keys.length)
    expect(sandbox.settlements()).toHaveLength(keys.length)
    expect((await generations.get('a:b'))?.key).toBe('a:b')
    expect(await studio.payment({ idempotencyKey: 'a:b' })).toMatchObject({ state: 'settled' })
  })

  it('refuses what is no JSON before anything is queued', async () => {
    const { generations } = open()
    const blob = new Blob([new Uint8Array(8)])
    const given = { prompt: 'x', images: [blob], n: 1n, when: new Date(0), f: () => 1, x: Number.NaN }
    expect(await failure(generations.add('nano-banana/edit', given as never, { key: 'k' }))).toMatchObject({
      name: 'InvalidInputError',
      issues: [
        { path: 'input.images.0', message: expect.stringContaining("upload it with the client's upload()") },
        { path: 'input.n', message: 'must be JSON, not bigint' },
        { path: 'input.when', message: 'must be JSON, not a Date' },
        { path: 'input.f', message: 'must be JSON, not function' },
        { path: 'input.x', message: 'must be a finite number: JSON has no other' },
      ],
    })
    const unknown = await failure(generations.add('new/one', { prompt: 'x' }, { key: 'k' }))
    expect(unknown).toMatchObject({ issues: [{ path: 'maxPrice' }] })
    expect(await generations.get('k')).toBeUndefined()
  })

  it('keeps what failed, with its payment and its job, until it is retried', async () => {
    const { generations, sandbox, work } = open()
    sandbox.faults.add({ step: 'poll', kind: 'job-failed' })
    work({ sweep: false })
    await generations.add(operation, input, { key: 'fails' })
    const error = await failure(generations.result('fails'))
    expect(isStableStudioError(error) && error).toMatchObject({ code: 'job_failed', payment: 'settled' })
    const [dead] = await all(generations.failed())
    const [settlement] = sandbox.settlements()
    expect(dead).toMatchObject({ key: 'fails', payment: 'settled', job: { id: settlement?.jobId } })
    expect(dead?.receipt?.transaction).toBe(settlement?.transaction)
    expect(JSON.stringify(dead)).not.toContain(input.prompt)

    await generations.retry('fails')
    await failure(generations.result('fails'))
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('sends to the dead letters what is refused before it is paid, and pays for it when it is retried', async () => {
    const { generations, sandbox, clientOptions, work, queue } = open()
    const first = work({ studio: new StableStudioClient({ ...clientOptions, limits: { perCall: '0.01' } }) })
    await generations.add(operation, input, { key: 'dear' })
    expect(await failure(generations.result('dear'))).toMatchObject({
      code: 'limit_per_call',
      payment: 'none',
    })
    expect(await all(generations.failed())).toMatchObject([{ key: 'dear', payment: 'none' }])
    await first.close()

    work(queue)
    await generations.retry('dear')
    await generations.result('dear')
    expect(await all(generations.failed())).toEqual([])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('calls `save` again when it throws', async () => {
    const { generations, work } = open()
    let calls = 0
    work({
      save: (_, { key }) => {
        calls += 1
        if (calls < 3) throw new Error('the disk is full')
        return key
      },
    })
    await generations.add(operation, input, { key: 'order-1' })
    expect(await generations.result('order-1')).toMatchObject({ value: 'order-1' })
    expect(calls).toBe(3)
  })

  it('keeps the paid job when `save` never works while the asset lives, and saves it when it is retried', async () => {
    const { generations, sandbox, work, studio } = open()
    let isBroken = true
    const save = () => {
      if (isBroken) throw new Error('the disk is full')
      return 'saved'
    }
    // An asset that lives for three seconds, not twenty minutes.
    const short = async (...given: Parameters<typeof studio.jobs.get>) => {
      const status = await studio.jobs.get(...given)
      const expiresAt = new Date(Date.parse(status.updatedAt) + 3_000).toISOString()
      return status.output ? { ...status, output: Object.assign(status.output, { expiresAt }) } : status
    }
    const methods = ['submit', 'payment', 'recover', 'budget', 'close'] as const
    const bound = Object.fromEntries(methods.map((name) => [name, studio[name].bind(studio)]))
    const shortLived = { ...studio, ...bound, jobs: { ...studio.jobs, get: short } } as typeof studio
    work({ studio: shortLived, save })
    await generations.add(operation, input, { key: 'order-1' })
    const error = await failure(generations.result('order-1'))
    expect(error).toMatchObject({ shortMessage: 'the disk is full', payment: 'settled' })
    const [dead] = await all(generations.failed())
    expect(dead?.job?.id).toBe(sandbox.settlements()[0]?.jobId)

    isBroken = false
    await generations.retry('order-1')
    expect(await generations.result('order-1')).toMatchObject({ value: 'saved', job: dead?.job })
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('pays for nothing whose deadline has passed', async () => {
    const { generations, sandbox, work } = open()
    await generations.add(operation, input, { key: 'late', deadline: 1 })
    await generations.add(operation, { prompt: 'in time' }, { key: 'in-time', deadline: 60_000 })
    work()
    expect(await failure(generations.result('late'))).toMatchObject({ code: 'timeout', payment: 'none' })
    await generations.result('in-time')
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('stops paying when the wallet is empty, and goes on when it is told to', async () => {
    const { generations, sandbox, work, wallet, studio } = open()
    sandbox.faults.add({ step: 'pay', kind: 'rejected', times: 1 })
    const workers = work({ pay: { concurrency: 1 } })
    const paused = new Promise<string>((resolve) => workers.on('paused', ({ key }) => resolve(key)))
    await generations.add(operation, input, { key: 'order-1' })
    expect(await paused).toBe('order-1')
    expect(await generations.counts()).toMatchObject({ paused: true, failed: 0 })
    expect(await generations.get('order-1')).toMatchObject({
      stage: 'paying',
      error: { code: 'payment_rejected' },
    })

    sandbox.fund(wallet.address, '5')
    await generations.resume()
    await generations.result('order-1')
    expect(sandbox.settlements()).toHaveLength(1)
    expect(await all(studio.payments({ state: 'settled' }))).toHaveLength(1)
  })

  it('pays for no more than can be collected', async () => {
    const { generations, sandbox, work } = open()
    let release = () => {}
    const blocked = new Promise<void>((resolve) => {
      release = resolve
    })
    const saving = new Promise<void>((resolve) => {
      const onSave = async () => {
        resolve()
        await blocked
        return 'saved'
      }
      work({ pay: { concurrency: 1, maxOpen: 1 }, save: onSave })
    })
    for (const at of [1, 2, 3]) await generations.add(operation, { prompt: `${at}` }, { key: `k${at}` })
    await saving
    // The state of the queue is read once a second.
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const paid = sandbox.settlements().length
    expect(paid).toBeLessThan(3)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(sandbox.settlements()).toHaveLength(paid)
    release()
    for (const at of [1, 2, 3]) await generations.result(`k${at}`)
    expect(sandbox.settlements()).toHaveLength(3)
  })
})
