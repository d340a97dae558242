// Whether a price is paid: silence is a no, a pipe is no person, and what was agreed to is what is paid.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonOf, linesOf, type Machine, useCommand } from '../../support/command.ts'
import { files as samples } from '../../support/sample-files.ts'

const machine = useCommand()
const image = ['image', 'a cat', '-m', 'grok', '-o', 'cat.png']

/** Nothing was paid, and nothing was made. */
async function untouched({ sandbox, settlements, files }: Machine) {
  expect(sandbox.requests().some(({ paid }) => paid)).toBe(false)
  expect(settlements()).toBe(0)
  expect(await files()).toEqual([])
}

describe.concurrent('without a terminal', () => {
  it('nothing is paid unless somebody agreed', async () => {
    const one = await machine()
    const { code, stdout, stderr } = await one.run(image)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/--yes.*--max-price 0\.07/)
    await untouched(one)
  })

  it.each(['y\n', 'yes\n'.repeat(20), 'y', '\r', '\n'])('a pipe with %j agrees to nothing', async (input) => {
    const one = await machine()
    expect((await one.run(image, { input })).code).toBe(3)
    expect((await one.run([...image, '--no-input'], { input })).code).toBe(3)
    await untouched(one)
  })
})

describe.concurrent('the flags that agree', () => {
  it('--yes pays once, and the path is all that stdout has', async () => {
    const { run, settlements, files, work } = await machine()
    const { code, stdout } = await run([...image, '--yes'])
    expect([code, stdout]).toEqual([0, `${join(work, 'cat.png')}\n`])
    expect(await files()).toEqual(['cat.png'])
    expect(settlements()).toBe(1)
  })

  it('--max-price agrees at and above the price, and refuses below it, with --yes as well', async () => {
    const one = await machine()
    for (const below of ['0.06', '0.069999', '0']) {
      const { code, stderr } = await one.run([...image, '--max-price', below, '--yes'])
      expect(code, below).toBe(3)
      expect(stderr).toMatch(/\$0\.07.*--max-price/)
    }
    await untouched(one)
    const fine = ['0.07', '0.070001', '100']
    const ran = fine.map((most, at) => one.run([...image.slice(0, -1), `${at}.png`, '--max-price', most]))
    expect((await Promise.all(ran)).map(({ code }) => code)).toEqual([0, 0, 0])
    expect(one.settlements()).toBe(3)
  })

  it('--max-price bounds the sum of -n', async () => {
    const one = await machine()
    const three = ['image', 'a cat', '-m', 'grok', '-n', '3', '-o', 'out/']
    expect((await one.run([...three, '--max-price', '0.20'])).code).toBe(3)
    expect(one.settlements()).toBe(0)
    const { code, stdout, stderr } = await one.run([...three, '--max-price', '0.21'])
    expect([code, linesOf(stdout).length, one.settlements()]).toEqual([0, 3, 3])
    expect(stderr).toContain('$0.21')
  })

  it('--max-price bounds the uploads, too', async () => {
    const one = await machine({ price: (operation) => (operation === 'upload' ? '0.01' : '0.02') })
    await writeFile(join(one.work, 'in.png'), samples.png)
    const edit = ['image', 'at night', '-m', 'grok', '-i', 'in.png', '-o', 'out.png']
    const { code, stderr } = await one.run([...edit, '--max-price', '0.029'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('$0.03')])
    expect(one.settlements()).toBe(0)
    expect((await one.run([...edit, '--max-price', '0.03'])).code).toBe(0)
    expect(one.settlements()).toBe(2)
  })

  it('ask-above of the settings agrees up to it', async () => {
    const one = await machine()
    await one.run(['limits', 'set', 'ask-above', '0.069999'])
    expect((await one.run(image)).code).toBe(3)
    await untouched(one)
    await one.run(['limits', 'set', 'ask-above', '0.07'])
    expect((await one.run(image)).code).toBe(0)
  })
})

describe.concurrent('a price that rises between the quote and the payment', () => {
  it('is not paid', async () => {
    let asked = 0
    const one = await machine({ price: () => (asked++ === 0 ? '0.02' : '0.03') })
    const { code, stderr } = await one.run([...image, '--max-price', '1'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('price')])
    expect(one.settlements()).toBe(0)
  })

  it('is not paid after an upload either', async () => {
    let price = '0.02'
    const one = await machine({ price: (operation) => (operation === 'upload' ? '0.01' : price) })
    await writeFile(join(one.work, 'in.png'), samples.png)
    one.sandbox.faults.add({ step: 'confirm', kind: 'slow', ms: 500 })
    const running = one.start([
      'image',
      'x',
      '-m',
      'grok',
      '-i',
      'in.png',
      '-o',
      'out.png',
      '--max-price',
      '1',
    ])
    await one.reached(({ path, paid }) => paid && path.includes('upload'))
    price = '0.03'
    const { code, stderr } = await running.ended
    expect([code, stderr]).toEqual([3, expect.stringContaining('It asks for $0.03')])
    expect(one.sandbox.settlements().map(({ operation }) => operation)).toEqual(['upload'])
  })
})

describe.concurrent('the limits', () => {
  it('of a call and of a day hold, and the error has the command that raises them', async () => {
    let price = '1.01'
    const one = await machine({ price: () => price })
    const more = [...image, '--max-price', '2', '--no-wait']
    const call = await one.run([...more, '-m', 'veo-3.1-fast'].with(0, 'video'))
    expect([call.code, call.stderr]).toEqual([3, expect.stringContaining('stablestudio limits set per-call')])
    await one.run(['limits', 'set', 'per-day', '0.1'])
    price = '0.06'
    expect((await one.run(more)).code).toBe(0)
    const day = await one.run(more)
    expect([day.code, day.stderr]).toEqual([3, expect.stringContaining('stablestudio limits set per-day')])
    expect(one.settlements()).toBe(1)
    expect(jsonOf(await one.run(['limits', '--json'])).perDay).toMatchObject({ limit: '0.10', spent: '0.06' })
    await one.run(['limits', 'set', 'per-day', '0.12'])
    expect((await one.run(more)).code).toBe(0)
    await one.run(['limits', 'set', 'total', '0.12'])
    expect((await one.run(more)).stderr).toContain('stablestudio limits set')
    expect(one.settlements()).toBe(2)
  })

  it('hold for many commands at once on one ledger', async () => {
    const one = await machine()
    await one.run(['limits', 'set', 'per-day', '0.21'])
    const all = Array.from({ length: 6 }, () => one.run([...image, '--yes', '--no-wait']))
    const codes = (await Promise.all(all)).map(({ code }) => code).sort()
    expect([codes, one.settlements()]).toEqual([[0, 0, 0, 3, 3, 3], 3])
  })

  it('are there without any settings, and do not vanish with damaged ones', async () => {
    const one = await machine()
    expect(jsonOf(await one.run(['limits', '--json']))).toMatchObject({
      perCall: '1.00',
      perDay: { limit: '5.00', spent: '0.00', reserved: '0.00', left: '5.00' },
    })
    await mkdir(one.data, { recursive: true })
    const damaged = [
      '{',
      '[]',
      '',
      'null',
      '{"limits":{"perday":"9"}}',
      '{"limits":{"perDay":9}}',
      '{"limit":{}}',
    ]
    for (const text of damaged) {
      await writeFile(join(one.data, 'config.json'), text)
      const { code, stderr } = await one.run([...image, '--yes'])
      expect([code, stderr], text).toEqual([2, expect.stringContaining('config.json')])
    }
    await untouched(one)
  })
})
