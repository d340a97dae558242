// A batch: what is wrong is said by its line before anything is paid, and each line is paid for once, however often it runs.
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonOf, linesOf, type Machine, readText, type Start, useCommand } from '../support/command.ts'

const machine = useCommand()

const line = (prompt: string, more: object = {}) => ({
  operation: 'grok/generate',
  input: { prompt },
  ...more,
})
const write = (one: Machine, lines: readonly unknown[], name = 'batch.jsonl') =>
  writeFile(
    join(one.work, name),
    lines.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n'),
  )
const batch = (one: Machine, args: string[] = ['--yes'], how?: Start) =>
  one.run(['batch', 'batch.jsonl', ...args], how)
const manifestOf = async (one: Machine) =>
  linesOf(await readText(join(one.work, 'out/manifest.jsonl'))).map((text) => JSON.parse(text))
const pictures = async (one: Machine) =>
  (await readdir(join(one.work, 'out')).catch(() => [])).filter((name) => name !== 'manifest.jsonl').sort()
const downloads = ({ sandbox }: Machine) =>
  sandbox.requests().filter(({ method, path }) => method === 'GET' && !path.startsWith('/api/')).length

describe.concurrent('a batch', () => {
  it('is paid, saved and listed, and started again it does nothing at all', async () => {
    const one = await machine()
    await write(one, [
      line('a', { name: 'first.png' }),
      line('b', { key: 'order b' }),
      '',
      line('c', { name: 'third' }),
    ])
    const ran = await batch(one, ['--max-total', '0.21'])
    expect([ran.code, one.settlements()]).toEqual([0, 3])
    const manifest = await manifestOf(one)
    expect(manifest.map((entry) => [entry.line, entry.status, entry.usd])).toEqual([
      [1, 'done', '0.07'],
      [2, 'done', '0.07'],
      [4, 'done', '0.07'],
    ])
    expect(manifest[1]).toMatchObject({
      key: 'order b',
      operation: 'grok/generate',
      jobId: expect.any(String),
    })
    expect(linesOf(ran.stdout)).toEqual(manifest.map(({ file }) => join(one.work, 'out', file)))
    expect(await pictures(one)).toEqual(manifest.map(({ file }) => file).sort())
    const requests = one.sandbox.requests().length
    const again = await batch(one, [])
    expect([again.code, again.stdout]).toEqual([0, ran.stdout])
    expect(one.sandbox.requests()).toHaveLength(requests)
    expect(await manifestOf(one)).toEqual(manifest)
  })

  it('makes a file again that was deleted, without paying again', async () => {
    const one = await machine()
    await write(one, [line('a', { name: 'a.png' }), line('b', { name: 'b.png' })])
    await batch(one)
    await rm(join(one.work, 'out/a.png'))
    const before = downloads(one)
    expect((await batch(one, [])).code).toBe(0)
    expect([one.settlements(), await pictures(one), downloads(one) - before]).toEqual([
      2,
      ['a.png', 'b.png'],
      1,
    ])
    await rm(join(one.work, 'out'), { recursive: true })
    expect((await batch(one, [])).code).toBe(0)
    expect([one.settlements(), await pictures(one)]).toEqual([2, ['a.png', 'b.png']])
  })

  it('of the same line twice makes two, and of one key makes one', async () => {
    const one = await machine()
    await write(one, [line('a'), line('a'), line('a', { key: 'k' }), line('a', { key: 'k' })])
    const { stdout } = await batch(one)
    expect([one.settlements(), (await pictures(one)).length, linesOf(stdout).length]).toEqual([3, 3, 4])
    expect((await manifestOf(one)).map((entry) => entry.line)).toEqual([1, 2, 3, 4])
  })

  it('reads a text file, a prompt a line', async () => {
    const one = await machine()
    await writeFile(join(one.work, 'prompts.txt'), '\uFEFFa cat\r\n\r\na dog\n')
    expect((await one.run(['batch', 'prompts.txt', '--yes'])).code).toBe(2)
    expect((await one.run(['batch', 'prompts.txt', '-m', 'grok', '--yes'])).code).toBe(0)
    expect(
      one.sandbox
        .jobs()
        .map(({ input }) => input.prompt)
        .sort(),
    ).toEqual(['a cat', 'a dog'])
  })

  it('keeps what another batch made in the same folder', async () => {
    const one = await machine()
    await write(one, [line('a', { name: 'a.png' })])
    await batch(one)
    await write(one, [line('b', { name: 'b.png' })], 'other.jsonl')
    const other = await one.run(['batch', 'other.jsonl', '--yes'])
    expect(other.stdout).toBe(`${join(one.work, 'out/b.png')}\n`)
    const requests = one.sandbox.requests().length
    expect((await batch(one, [])).code).toBe(0)
    expect(one.sandbox.requests()).toHaveLength(requests)
  })
})

describe.concurrent('consent', () => {
  it('is --yes or --max-total at or above the sum, and nothing else', async () => {
    const one = await machine()
    await write(one, [line('a'), line('b'), line('c')])
    for (const args of [[], ['--max-total', '0.209'], ['--max-total', '0.209', '--yes']]) {
      const { code, stderr } = await batch(one, args, { input: 'y\n' })
      expect([code, stderr]).toEqual([3, expect.stringMatching(/\$0\.21[\s\S]*--max-total/)])
    }
    expect(one.settlements()).toBe(0)
    expect(await pictures(one)).toEqual([])
  })
})

describe.concurrent('line 17', () => {
  const good = Array.from({ length: 16 }, (_, at) =>
    line(`picture ${at}`, { key: `k${at}`, name: `${at}.png` }),
  )
  const bad: [string, unknown, RegExp][] = [
    ['is not JSON', '{"operation":', /not JSON/],
    ['is no object', [1], /object/],
    ['has a surplus field', line('x', { max_price: '1' }), /max_price/],
    ['has no input', { operation: 'grok/generate' }, /input/],
    ['has an unknown operation', { operation: 'grok/genrate', input: {} }, /genrate/],
    ['has an unknown field', { operation: 'grok/generate', input: { promt: 'x' } }, /promt/],
    ['has no prompt', { operation: 'grok/generate', input: {} }, /prompt/],
    ['has a path as name', line('x', { name: 'a/b.png' }), /name/],
    ['leads out of the folder', line('x', { name: '..' }), /name/],
    ['has a path of Windows as name', line('x', { name: '..\\b.png' }), /name/],
    ['would be the manifest', line('x', { name: 'manifest.jsonl' }), /name/],
    ['has the name of another line', line('x', { name: '3.png' }), /line 4/],
    ['has that name in capitals', line('x', { name: '3.PNG' }), /line 4/],
    ['has that name without its extension', line('x', { name: '3' }), /line 4/],
    ['has the key of another input', line('x', { key: 'k3' }), /line 4/],
    ['has a key and another name', line('picture 3', { key: 'k3', name: 'x.png' }), /line 4/],
    ['has an empty key', line('x', { key: '' }), /key/],
    ['has a key that is too long', line('x', { key: 'x'.repeat(257) }), /key/],
    [
      'names a file that is missing',
      { operation: 'grok/edit', input: { prompt: 'x', images: ['@gone.png'] } },
      /gone\.png/,
    ],
  ]
  it.each(bad)('%s: said with its number, and nothing is sent', async (_, wrong, says) => {
    const one = await machine()
    await write(one, [...good, wrong])
    const { code, stderr } = await batch(one)
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)])
    expect(stderr).toContain('line 17')
    expect(one.settlements()).toBe(0)
    expect(await pictures(one)).toEqual([])
  })
})

describe.concurrent('a folder', () => {
  it('with somebody’s file of that name is refused, and the file is kept', async () => {
    const one = await machine()
    await write(one, [line('a', { name: 'a.png' })])
    await one.run(['demo', '-o', 'out/'])
    await writeFile(join(one.work, 'out/a.png'), 'mine')
    const { code, stderr } = await batch(one)
    expect([code, stderr, one.settlements()]).toEqual([2, expect.stringMatching(/line 1[\s\S]*a\.png/), 0])
    expect(await readText(join(one.work, 'out/a.png'))).toBe('mine')
  })

  it('with somebody’s manifest.jsonl is refused, and the file is kept', async () => {
    const one = await machine()
    await write(one, [line('a')])
    const { mkdir } = await import('node:fs/promises')
    await mkdir(join(one.work, 'out'))
    await writeFile(join(one.work, 'out/manifest.jsonl'), '{"my":"data"}\n{"more":1}\n')
    expect((await batch(one)).code).toBe(2)
    expect(await readText(join(one.work, 'out/manifest.jsonl'))).toContain('my')
    expect(one.settlements()).toBe(0)
  })

  it('that is a file is refused', async () => {
    const one = await machine()
    await write(one, [line('a')])
    await writeFile(join(one.work, 'out'), 'mine')
    expect((await batch(one)).code).toBe(2)
    expect(one.settlements()).toBe(0)
  })
})

describe.concurrent('a line that is refused', () => {
  it('by a limit lets the others go on, and the next start pays only what is missing', async () => {
    const one = await machine()
    await one.run(['limits', 'set', 'per-day', '0.14'])
    await write(one, [line('a'), line('b'), line('c')])
    const first = await batch(one)
    expect([first.code, one.settlements(), (await pictures(one)).length]).toEqual([7, 2, 2])
    expect(first.stderr).toMatch(/1 of 3 are missing/)
    await one.run(['limits', 'set', 'per-day', '0.21'])
    const before = downloads(one)
    const again = await batch(one, ['--max-total', '0.07'])
    expect([again.code, one.settlements(), downloads(one) - before]).toEqual([0, 3, 1])
  })

  it('by its price lets the others go on', async () => {
    const one = await machine({ price: (_, { prompt }) => (prompt === 'b' ? '9' : '0.07') })
    await write(one, [line('a'), line('b'), line('c')])
    const { code, stdout } = await batch(one)
    expect([code, one.settlements(), linesOf(stdout).length]).toEqual([7, 2, 2])
  })

  it('by its job stays paid and is not paid again', async () => {
    const one = await machine()
    await write(one, [line('a'), line('moderated-content')])
    const first = jsonOf(await batch(one, ['--yes', '--json']))
    expect(first.map(({ status }: { status: string }) => status)).toEqual(['done', 'failed'])
    expect((await batch(one)).code).toBe(7)
    expect(one.settlements()).toBe(2)
  })
})

describe.concurrent('Ctrl-C', () => {
  it('stops it, and the next start goes on', async () => {
    const one = await machine({ settleMs: 150 })
    await write(
      one,
      Array.from({ length: 24 }, (_, at) => line(`picture ${at}`)),
    )
    const running = one.start(['batch', 'batch.jsonl', '--yes'])
    await one.reached(({ paid }) => paid)
    running.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect([code, stderr]).toEqual([5, expect.stringContaining('Run the same command again')])
    expect(one.settlements()).toBeLessThan(24)
    expect((await batch(one)).code).toBe(0)
    expect([one.settlements(), (await pictures(one)).length]).toEqual([24, 24])
  })
})
