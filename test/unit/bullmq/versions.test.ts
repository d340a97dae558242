// Workers of two versions on one queue: data of a newer one is left to it, and what it added is kept.
import { FlowProducer, Queue } from 'bullmq'
import { describe, expect, it } from 'vitest'
import { useQueues } from '../../support/queues.ts'
import { hasRedis } from '../../support/redis.ts'

const operation = 'nano-banana/generate'

describe.skipIf(!hasRedis())('a worker', () => {
  const { open } = useQueues()

  it('neither pays for, nor fails, what a newer version has queued', async () => {
    const { queue, sandbox, generations, work } = open()
    const { connection, name } = queue
    const flows = new FlowProducer({ connection })
    const opts = { jobId: 'newer' }
    const data = { v: 2, key: 'newer', operation, input: { prompt: 'x' }, print: '' }
    await flows.add({
      ...{ name: operation, queueName: `${name}-collect`, data, opts },
      children: [{ name: operation, queueName: `${name}-pay`, data, opts: { ...opts, attempts: 1 } }],
    })
    work()
    await generations.add(operation, { prompt: 'of this version' }, { key: 'mine' })
    await generations.result('mine')
    const pay = new Queue(`${name}-pay`, { connection })
    const job = await pay.getJob('newer')
    expect(await job?.getState()).toBe('delayed')
    expect(job?.attemptsMade).toBe(0)
    expect(sandbox.settlements()).toHaveLength(1)
    await pay.close()
    await flows.close()
  })

  it('keeps the fields that it does not know', async () => {
    const { queue, generations, work } = open()
    const collect = new Queue(`${queue.name}-collect`, { connection: queue.connection })
    await generations.add(operation, { prompt: 'x' }, { key: 'mine' })
    const before = await collect.getJob('mine')
    await before?.updateData({ ...before.data, later: { more: 1 } })
    work()
    await generations.result('mine')
    expect((await collect.getJob('mine'))?.data).toMatchObject({ later: { more: 1 }, key: 'mine' })
    await collect.close()
  })

  it('leaves no prompt in what is kept of a paid generation', async () => {
    const { queue, generations, work, sandbox } = open()
    work()
    sandbox.faults.add({ step: 'poll', kind: 'job-failed' })
    const prompts = ['a secret lighthouse', 'a secret harbour']
    await generations.addBulk(prompts.map((prompt, at) => ({ operation, input: { prompt }, key: `k${at}` })))
    for (const key of ['k0', 'k1']) await generations.result(key).catch(() => {})
    for (const part of ['pay', 'collect', 'care', 'owner']) {
      const one = new Queue(`${queue.name}-${part}`, { connection: queue.connection })
      expect(JSON.stringify(await one.getJobs())).not.toContain('secret')
      await one.close()
    }
  })
})
