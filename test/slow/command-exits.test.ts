// The exit codes: what failed, whether money moved, and the command that goes on.
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/entries/sandbox.ts'
import { jsonOf, linesOf, type Machine, type Ran, useCommand } from '../support/command.ts'

const machine = useCommand()
const image = ['image', 'a cat', '-m', 'grok', '--yes', '-o', 'cat.png']
const forever = Number.POSITIVE_INFINITY

async function ranWith(faults: Fault[], args = image, speed = 1_000): Promise<Ran & { one: Machine }> {
  const one = await machine({ speed })
  for (const fault of faults) one.sandbox.faults.add(fault)
  return { ...(await one.run(args)), one }
}

describe.concurrent('nothing paid, 4:', () => {
  const kinds: Fault[] = [
    { step: 'quote', kind: 'refused', times: forever },
    { step: 'quote', kind: 'status', status: 503, times: forever },
    { step: 'quote', kind: 'page', times: forever },
    { step: 'quote', kind: 'html', times: forever },
  ]
  it.each(kinds)('the price cannot be had: $kind', async (fault) => {
    const { code, stdout, stderr, one } = await ranWith([fault])
    expect([code, stdout, one.settlements()]).toEqual([4, '', 0])
    expect(stderr).not.toMatch(/recover|stablestudio wait/)
  })

  it('nobody listens there', async () => {
    const one = await machine()
    for (const args of [image, ['price', 'image', 'a cat'], ['jobs']])
      expect([args, (await one.run([...args, '--service', 'http://127.0.0.1:9'])).code]).toEqual([args, 4])
  })

  it('another service listens there', async () => {
    const answers = [
      [200, 'hello'],
      [200, '{"ok":true}'],
      [404, 'nothing here'],
      [402, '{"pay":"me"}'],
      [301, ''],
    ] as const
    for (const [status, body] of answers) {
      const server = createServer((_, response) => response.writeHead(status).end(body)).listen(
        0,
        '127.0.0.1',
      )
      await new Promise((resolve) => server.once('listening', resolve))
      const { port } = server.address() as { port: number }
      const one = await machine()
      const { code, stdout } = await one.run([...image, '--service', `http://127.0.0.1:${port}`])
      server.close()
      expect([status, stdout]).toEqual([status, ''])
      expect([2, 3, 4]).toContain(code)
    }
  })
})

describe.concurrent('not paid, 3:', () => {
  it('the payment is rejected', async () => {
    const { code, one } = await ranWith([{ step: 'pay', kind: 'rejected' }])
    expect([code, one.settlements()]).toEqual([3, 0])
  })

  it('the wallet is empty', async () => {
    const one = await machine({ usd: '0.01' })
    const { code, stderr } = await one.run(image)
    expect([code, stderr, one.settlements()]).toEqual([3, expect.stringContaining('stablestudio fund'), 0])
  })

  it('the offer is above the list', async () => {
    const one = await machine({ price: () => '0.90' })
    expect([(await one.run(image)).code, one.settlements()]).toEqual([3, 0])
  })
})

describe.concurrent('a lost answer', () => {
  const kinds: Fault[] = [
    { step: 'pay', kind: 'reset-after' },
    { step: 'pay', kind: 'status-after' },
    { step: 'pay', kind: 'html' },
    { step: 'pay', kind: 'cut' },
    { step: 'pay', kind: 'settlement-failed-charged' },
  ]
  it.each(kinds)('is looked for, and paid once: $kind', async (fault) => {
    const { code, one } = await ranWith([fault])
    expect([code, one.settlements(), await one.files()]).toEqual([0, 1, ['cat.png']])
  })

  it('that nobody finds is 6, then recover is 6, and 0 once the service is back', async () => {
    const one = await machine()
    const faults: Fault[] = [
      { step: 'pay', kind: 'reset-after' },
      { step: 'list', kind: 'refused', times: forever },
      { step: 'pay', kind: 'refused', times: forever },
    ]
    for (const fault of faults) one.sandbox.faults.add(fault)
    const running = one.start([...image, '--json'])
    await one.reached(({ paid }) => paid)
    running.kill('SIGINT')
    await running.says('Waiting for the answer')
    running.kill('SIGINT')
    const ran = await running.ended
    expect([ran.code, linesOf(ran.stderr).at(-1)]).toEqual([6, 'stablestudio recover'])
    const open = await one.run(['recover', '--json', '--timeout', '2s'])
    expect([open.code, jsonOf(open)[0].outcome]).toEqual([6, 'still-open'])
    // Another order can be paid, and tells of it.
    one.sandbox.faults.clear()
    const later = await one.run(['recover', '--json'])
    expect([later.code, jsonOf(later)[0].outcome]).toEqual([0, 'job-found'])
    const { id } = jsonOf(later)[0].job
    expect((await one.run(['wait', id, '-o', 'cat.png'])).code).toBe(0)
    expect([one.settlements(), await one.files()]).toEqual([1, ['cat.png']])
    expect((await one.run(['recover'])).code).toBe(0)
  })
})

describe.concurrent('paid,', () => {
  it('and not finished in --timeout: 5, the last line goes on', async () => {
    const { code, stdout, stderr, one } = await ranWith([], [...image, '--timeout', '1s', '--json'], 0.5)
    const [, id = ''] = /^stablestudio wait (\S+)$/.exec(linesOf(stderr).at(-1) ?? '') ?? []
    expect([code, JSON.parse(stdout).error.job.id]).toEqual([5, id])
    const early = await one.run(['wait', id, '--timeout', '0.1s', '-o', 'cat.png'])
    expect([early.code, linesOf(early.stderr).at(-1)]).toEqual([5, `stablestudio wait ${id}`])
    expect((await one.run(['wait', id, '-o', 'cat.png'])).code).toBe(0)
    expect([one.settlements(), await one.files()]).toEqual([1, ['cat.png']])
  })

  it('and the job failed: 7, and nobody says that it may be paid again', async () => {
    const error = 'The model\u001b[31m is out of paint.\u0007'
    const { code, stdout, stderr, one } = await ranWith([{ step: 'poll', kind: 'job-failed', error }])
    expect([code, stdout, one.settlements()]).toEqual([7, '', 1])
    expect(stderr).toContain('is out of paint')
    expect(stderr).not.toContain('\u001b[31m is')
    expect(stderr).not.toContain('\u0007')
    expect(stderr).toContain('stays paid')
  })

  it('and the file cannot be downloaded: 5 or 8, with the command that gets it', async () => {
    const { code, stderr, one } = await ranWith([
      { step: 'output', kind: 'status', status: 500, times: forever },
    ])
    expect([5, 8]).toContain(code)
    const [, id = ''] = /stablestudio wait (\S+)/.exec(stderr) ?? []
    one.sandbox.faults.clear()
    expect((await one.run(['wait', id, '-o', 'later.png'])).code).toBe(0)
    expect(one.settlements()).toBe(1)
  })

  it('and only some of -n: the rest is told, 7', async () => {
    const { code, stdout, stderr, one } = await ranWith(
      [{ step: 'poll', kind: 'job-failed' }],
      ['image', 'a cat', '-m', 'grok', '-n', '3', '--yes', '-o', 'out/', '--json'],
    )
    const values = JSON.parse(stdout)
    expect([code, values.length, one.settlements()]).toEqual([7, 3, 3])
    expect(values.filter((value: object) => 'error' in value)).toHaveLength(1)
    expect(stderr).toContain('1 of 3')
  })
})

describe.concurrent('the same --key', () => {
  it('pays once, needs no second consent, and with another input is refused', async () => {
    const one = await machine()
    const keyed = [...image.filter((arg) => arg !== '--yes'), '--key', 'order 7', '--force']
    expect((await one.run([...keyed, '--yes'])).code).toBe(0)
    expect((await one.run(keyed)).code).toBe(0)
    const other = ['image', 'a dog', '-m', 'grok', '--key', 'order 7', '--yes']
    expect([(await one.run(other)).code, one.settlements()]).toEqual([2, 1])
  })

  it('at once is one payment and two files', async () => {
    const one = await machine()
    const keyed = ['image', 'a cat', '-m', 'grok', '--yes', '--key', 'k', '-o']
    const [a, b] = await Promise.all([one.run([...keyed, 'a.png']), one.run([...keyed, 'b.png'])])
    expect([a.code, b.code, one.settlements()]).toEqual([0, 0, 1])
  })

  it('with -n and more of it buys only what is new', async () => {
    const one = await machine()
    const more = (count: string) => ['image', 'a cat', '-m', 'grok', '-n', count, '--key', 'k', '-o', 'out/']
    expect((await one.run([...more('2'), '--yes'])).code).toBe(0)
    const again = await one.run(more('2'))
    expect([again.code, linesOf(again.stdout).length, one.settlements()]).toEqual([0, 2, 2])
    expect((await one.run([...more('3'), '--max-price', '0.07'])).code).toBe(0)
    expect([one.settlements(), (await one.files('out')).length]).toEqual([3, 3])
  })
})

describe.concurrent('a job of another wallet', () => {
  it('is refused by get and wait, and is not saved', async () => {
    const [one, other] = [await machine(), await machine()]
    const id = (await one.run(['image', 'a cat', '-m', 'grok', '--yes', '--no-wait'])).stdout.trim()
    const env = { STABLESTUDIO_SERVICE: one.url }
    for (const args of [
      ['jobs', 'get', id],
      ['wait', id, '-o', 'cat.png'],
    ])
      expect([args[0], (await other.run(args, { env })).code]).toEqual([args[0], 3])
    expect(await other.files()).toEqual([])
    expect((await one.run(['jobs', 'get', id])).code).toBe(0)
  })
})

describe.concurrent('a ledger that is', () => {
  it('damaged is an error, and nothing is paid', async () => {
    const one = await machine()
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(one.data, 'ledger'), { recursive: true })
    await writeFile(join(one.data, 'ledger', 'ledger.db'), 'this is no database at all'.repeat(500))
    const { code, stdout } = await one.run([...image, '--json'])
    expect([code, JSON.parse(stdout).error.name]).toEqual([1, 'StoreError'])
    expect(one.settlements()).toBe(0)
  })

  it('locked by another program is an error or a wait, and nothing is paid twice', async () => {
    const one = await machine()
    await one.run(['limits'])
    const { DatabaseSync } = await import('node:sqlite')
    await one.run([...image.slice(0, -2), '--no-wait'])
    const database = new DatabaseSync(join(one.data, 'ledger', 'ledger.db'))
    database.exec('BEGIN EXCLUSIVE')
    const running = one.start([...image, '--json'])
    const { code } = await running.ended
    database.exec('ROLLBACK')
    database.close()
    expect([code, one.settlements()]).toEqual([4, 1])
    expect((await one.run(image)).code).toBe(0)
  })
})
