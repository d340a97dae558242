// Ctrl-C and SIGTERM at each step: what is paid is named with the command that goes on, and nothing is paid after them.
import { describe, expect, it } from 'vitest'
import { jsonOf, linesOf, type Machine, type Ran, useCommand } from '../../support/command.ts'

const machine = useCommand()
const image = ['image', 'a cat', '-m', 'grok', '--yes', '-o', 'cat.png']
const lastLine = ({ stderr }: Ran) => linesOf(stderr).at(-1)

/** The job that the command was told of last, saved by the command that it named. */
async function goesOn(one: Machine, ran: Ran) {
  const [, id = ''] = /^stablestudio wait (\S+)$/.exec(lastLine(ran) ?? '') ?? []
  const later = await one.run(['wait', id, '-o', 'later.png'])
  expect([later.code, await one.files(), one.settlements()]).toEqual([0, ['later.png'], 1])
}

describe.concurrent.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('before the payment ends it with nothing paid', async () => {
    const one = await machine()
    one.sandbox.faults.add({ step: 'quote', kind: 'slow', ms: 60_000 })
    const running = one.start([...image, '--json'])
    await one.reached(({ path }) => path.includes('/generate/'))
    running.kill(signal)
    const ran = await running.ended
    expect([ran.code, ran.signal]).toEqual([130, null])
    expect(jsonOf(ran).error).toMatchObject({ code: 'aborted', payment: 'none' })
    expect(one.settlements()).toBe(0)
  })

  it('during the payment waits for its answer, and names the job', async () => {
    const one = await machine()
    one.sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 1_500 })
    const running = one.start(image)
    await one.reached(({ paid }) => paid)
    running.kill(signal)
    await running.says('Waiting for the answer to the payment')
    const ran = await running.ended
    expect([ran.code, ran.stdout, one.settlements()]).toEqual([5, '', 1])
    await goesOn(one, ran)
  })

  it('twice during the payment ends it at once, and names the command that finds out', async () => {
    const one = await machine()
    one.sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 60_000 })
    const running = one.start([...image, '--json'])
    await one.reached(({ paid }) => paid)
    running.kill(signal)
    await running.says('Waiting for the answer to the payment')
    running.kill(signal)
    const ran = await running.ended
    expect([ran.code, lastLine(ran)]).toEqual([6, 'stablestudio recover'])
    expect(jsonOf(ran).error).toMatchObject({ payment: 'unknown' })
    one.sandbox.faults.clear()
    const recovered = await one.run(['recover', '--json'])
    expect([recovered.code, jsonOf(recovered)]).toEqual([
      0,
      [expect.objectContaining({ outcome: 'job-found' })],
    ])
    await goesOn(one, { ...recovered, stderr: `stablestudio wait ${jsonOf(recovered)[0].job.id}` })
  })

  it('during the wait names the job, which goes on', async () => {
    const one = await machine()
    const running = one.start(image)
    await running.says('paid $')
    running.kill(signal)
    const ran = await running.ended
    expect([ran.code, ran.stdout]).toEqual([5, ''])
    await goesOn(one, ran)
  })

  it('during the download names the job', async () => {
    const one = await machine()
    one.sandbox.faults.add({ step: 'output', kind: 'slow', ms: 60_000 })
    const running = one.start(image)
    await running.says('fetching')
    running.kill(signal)
    const ran = await running.ended
    expect([ran.code, ran.stdout, await one.files()]).toEqual([5, '', []])
    one.sandbox.faults.clear()
    await goesOn(one, ran)
  })

  it('ends what pays nothing as having paid nothing', async () => {
    const one = await machine()
    one.sandbox.faults.add({ step: 'list', kind: 'no-answer', times: 9 })
    one.sandbox.faults.add({ step: 'quote', kind: 'no-answer', times: 9 })
    for (const args of [['jobs'], ['price', 'image', 'a cat']]) {
      const running = one.start(args)
      await one.reached(({ path }) => path.includes(args[0] === 'jobs' ? '/jobs' : '/generate/'))
      running.kill(signal)
      expect([args, (await running.ended).code]).toEqual([args, 130])
    }
  })
})

describe.concurrent('Ctrl-C during the first of many payments', () => {
  it('keeps the others from going out', async () => {
    const one = await machine({ settleMs: 400 })
    const running = one.start(['image', 'a cat', '-m', 'grok', '-n', '60', '--max-price', '5', '-o', 'out/'])
    await one.reached(({ paid }) => paid)
    running.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect(code).toBe(5)
    expect(one.settlements()).toBeLessThan(60)
    const named = linesOf(stderr).filter((line) => line.startsWith('stablestudio wait '))
    expect(named).toHaveLength(one.settlements())
  })
})

describe.concurrent('Ctrl-C during an upload', () => {
  it('lets its payment end, and pays for no picture', async () => {
    const one = await machine()
    const { writeFile } = await import('node:fs/promises')
    const { files } = await import('../../support/sample-files.ts')
    await writeFile(`${one.work}/in.png`, files.png)
    one.sandbox.faults.add({ step: 'upload', kind: 'slow', ms: 1_000 })
    const edit = ['image', 'at night', '-m', 'grok', '-i', 'in.png', '--yes', '-o', 'out.png']
    const running = one.start(edit)
    await one.reached(({ paid }) => paid)
    running.kill('SIGINT')
    const ran = await running.ended
    expect(one.sandbox.settlements().map(({ operation }) => operation)).toEqual(['upload'])
    expect(ran.code).toBe(130)
    // It is paid once.
    expect((await one.run(edit)).code).toBe(0)
    expect(one.sandbox.settlements().map(({ operation }) => operation)).toEqual(['upload', 'grok/edit'])
  })
})
