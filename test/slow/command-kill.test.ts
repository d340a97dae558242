// The command, killed as by a power failure at every step and at random moments: what the ledger knows brings the file,
// and there is one payment.
import { describe, expect, it } from 'vitest'
import { jsonOf, type Machine, type Running, useCommand } from '../support/command.ts'

const machine = useCommand()
const image = ['image', 'a cat', '-m', 'grok', '--yes', '-o', 'cat.png']

type Kill = {
  at: string
  prepare?: (one: Machine) => void
  until: (one: Machine, running: Running) => Promise<unknown>
}

const kills: Kill[] = [
  {
    at: 'the price',
    prepare: ({ sandbox }) => void sandbox.faults.add({ step: 'quote', kind: 'slow', ms: 60_000 }),
    until: ({ reached }) => reached(({ path }) => path.includes('/generate/')),
  },
  { at: 'the signature', until: (_, running) => running.says('grok/generate') },
  {
    at: 'the payment, before it is settled',
    prepare: ({ sandbox }) => void sandbox.faults.add({ step: 'pay', kind: 'reset-before' }),
    until: ({ reached }) => reached(({ paid }) => paid),
  },
  {
    at: 'the payment, after it is settled',
    prepare: ({ sandbox }) => void sandbox.faults.add({ step: 'pay', kind: 'slow', ms: 60_000 }),
    until: ({ reached }) => reached(({ paid }) => paid),
  },
  { at: 'the wait', until: (_, running) => running.says('paid $') },
  {
    at: 'the download',
    prepare: ({ sandbox }) => void sandbox.faults.add({ step: 'output', kind: 'slow', ms: 60_000 }),
    until: (_, running) => running.says('fetching'),
  },
  ...Array.from({ length: 6 }, (_, at) => ({
    at: `${at * 90} ms after the start of its payment`,
    until: async (_: Machine, running: Running) => {
      await running.says('grok/generate')
      await new Promise((resolve) => setTimeout(resolve, at * 90))
    },
  })),
]

async function killed({ prepare, until }: Kill, args: string[]): Promise<Machine> {
  const one = await machine({ settleMs: 100 })
  prepare?.(one)
  const running = one.start(args)
  await until(one, running)
  running.kill('SIGKILL')
  await running.ended
  one.sandbox.faults.clear()
  return one
}

describe.concurrent('killed at', () => {
  it.each(kills)('$at, the same key pays once and brings the file', async (kill) => {
    const keyed = [...image, '--key', 'order 7']
    const one = await killed(kill, keyed)
    const again = await one.run([...keyed, '--force', '--timeout', '90s'])
    expect([again.code, again.stderr, one.settlements()]).toEqual([0, expect.any(String), 1])
    expect(await one.files()).toEqual(['cat.png'])
  })

  it.each(kills)('$at, without a key, recover finds what was paid and pays nothing', async (kill) => {
    const one = await killed(kill, image)
    const recovered = await one.run(['recover', '--json'])
    const paid = one.settlements()
    const jobs = jsonOf(recovered).flatMap(({ job }: { job?: { id: string } }) => job ?? [])
    const listed = jsonOf(await one.run(['payments', '--json', '--state', 'settled']))
    expect([recovered.code, listed.length]).toEqual([0, paid])
    expect(paid).toBeLessThanOrEqual(1)
    expect(jobs.length).toBeLessThanOrEqual(paid)
    for (const { jobId } of listed) expect((await one.run(['wait', jobId, '-o', 'later.png'])).code).toBe(0)
    expect(one.settlements()).toBe(paid)
    expect((await one.files()).includes('later.png')).toBe(paid === 1)
  })
})
