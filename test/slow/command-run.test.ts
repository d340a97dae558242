// `run` and the pipes: fields are typed by the catalogue, files and stdin are read before anything is paid, and stdout has
// data alone.
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bin, jsonOf, linesOf, type Machine, readText, type Start, useCommand } from '../support/command.ts'
import { files } from '../support/sample-files.ts'

const machine = useCommand()
const pay = ['--yes', '--no-wait']

/** What the service got. */
async function inputOf(one: Machine, args: string[], how?: Start): Promise<Record<string, unknown>> {
  const { code, stderr } = await one.run(['run', ...args, ...pay], how)
  expect([args, code, stderr]).toEqual([args, 0, expect.any(String)])
  return { ...one.sandbox.jobs().at(-1)?.input }
}

describe.concurrent('fields', () => {
  it('have the types of the catalogue', async () => {
    const one = await machine({ price: () => '0.02' })
    expect(await inputOf(one, ['veo-3.1-fast/generate', 'prompt=x', 'durationSeconds=8'])).toMatchObject({
      durationSeconds: '8',
    })
    const flux = ['flux-2-pro/generate', 'prompt=x', 'seed=7', 'prompt_upsampling=false']
    expect(await inputOf(one, flux)).toMatchObject({ seed: 7, prompt_upsampling: false })
    const urls = ['urls=https://a.example/a.png', 'urls=https://a.example/b.png']
    const input = await inputOf(one, ['seedance/i2v', 'prompt=1', ...urls, 'duration=8'])
    expect(input).toMatchObject({
      prompt: '1',
      duration: '8',
      urls: ['https://a.example/a.png', 'https://a.example/b.png'],
    })
    expect(await inputOf(one, ['seedance/i2v', 'prompt=x', String(urls[0]), 'duration=8'])).toMatchObject({
      urls: ['https://a.example/a.png'],
    })
    expect(await inputOf(one, ['grok/generate', 'prompt=a=b=c'])).toMatchObject({ prompt: 'a=b=c' })
  })

  it('are read from files, stdin and JSON, and @@ is a literal @', async () => {
    const one = await machine()
    await writeFile(join(one.work, 'prompt.txt'), 'from a file\n')
    await writeFile(join(one.work, 'job.json'), JSON.stringify({ prompt: 'from JSON' }))
    const op = 'grok/generate'
    expect(await inputOf(one, [op, 'prompt=@prompt.txt'])).toMatchObject({ prompt: 'from a file' })
    expect(await inputOf(one, [op, 'prompt=@-'], { input: 'yes, from stdin\n' })).toMatchObject({
      prompt: 'yes, from stdin',
    })
    expect(await inputOf(one, [op, 'prompt=@@home'])).toMatchObject({ prompt: '@home' })
    expect(await inputOf(one, [op, '--input', 'job.json'])).toMatchObject({ prompt: 'from JSON' })
    expect(await inputOf(one, [op, '--input', '-'], { input: '{"prompt":"piped"}' })).toMatchObject({
      prompt: 'piped',
    })
    expect(await inputOf(one, [op, '--input', 'job.json', 'prompt=wins'])).toMatchObject({ prompt: 'wins' })
  })

  it('of media are files, uploaded once', async () => {
    const one = await machine()
    await writeFile(join(one.work, 'a.png'), files.png)
    for (let time = 0; time < 2; time += 1) {
      const input = await inputOf(one, ['grok/edit', 'prompt=x', 'images=@a.png'])
      expect(String(input.images)).toMatch(/^https:/)
    }
    expect(one.sandbox.settlements().filter(({ operation }) => operation === 'upload')).toHaveLength(1)
  })

  const wrong: [string, string[], Start?][] = [
    ['a file that is missing', ['grok/generate', 'prompt=@gone.txt']],
    ['a picture that is missing', ['grok/edit', 'prompt=x', 'images=@gone.png']],
    ['a path without @', ['grok/edit', 'prompt=x', 'images=a.png']],
    ['empty stdin', ['grok/generate', 'prompt=@-'], { input: '\n' }],
    ['no JSON', ['grok/generate', '--input', '-'], { input: 'yes' }],
    ['a JSON list', ['grok/generate', '--input', '-'], { input: '[]' }],
    ['a number that is none', ['flux-2-pro/generate', 'prompt=x', 'seed=1e3']],
    ['no value', ['grok/generate', 'prompt']],
    ['no name', ['grok/generate', '=x']],
    ['a name of JavaScript', ['grok/generate', 'prompt=x', '__proto__=1']],
    ['another one', ['grok/generate', 'prompt=x', 'constructor=1', 'constructor=2']],
    ['two values for one', ['grok/generate', 'prompt=x', 'prompt=y']],
    ['http instead of https', ['grok/edit', 'prompt=x', 'images=http://a.example/a.png']],
  ]
  it.each(wrong)('with %s are refused before anything is sent', async (_, args, how) => {
    const one = await machine()
    const { code, stdout } = await one.run(['run', ...args, ...pay], how)
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(one.sandbox.requests()).toEqual([])
  })

  it('of an operation that is not known need --max-price', async () => {
    const one = await machine()
    const { code, stderr } = await one.run(['run', 'new-model/generate', 'prompt=x', ...pay])
    expect([code, stderr]).toEqual([2, expect.stringContaining('--max-price')])
    expect(one.sandbox.requests()).toEqual([])
  })
})

describe.concurrent('stdout', () => {
  it('has the id with --no-wait, and wait takes it in every form', async () => {
    const one = await machine()
    const image = ['image', 'a cat', '-m', 'grok', ...pay]
    const id = (await one.run(image)).stdout.trim()
    const job = await one.run([...image, '--json'])
    expect(jsonOf(job)).toMatchObject({ id: expect.any(String), receipt: { usd: '0.07' } })
    await writeFile(join(one.work, 'job.json'), job.stdout)
    await writeFile(join(one.work, 'id.txt'), `${id}\n`)
    const forms: [string[], string?][] = [
      [[id]],
      [['job.json']],
      [['id.txt']],
      [['-'], job.stdout],
      [['-'], `${id}\n`],
    ]
    const ran = await Promise.all(
      forms.map(([args, input], at) =>
        one.run(['wait', ...args, '-o', `${at}.png`], input === undefined ? {} : { input }),
      ),
    )
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0])
    expect(ran.map(({ stdout }) => stdout.trim())).toEqual(
      [0, 1, 2, 3, 4].map((at) => join(one.work, `${at}.png`)),
    )
    for (const input of ['', 'two words', '{"not":"a job"}', '[]'])
      expect((await one.run(['wait', '-'], { input })).code).toBe(2)
    expect(one.settlements()).toBe(2)
  })

  it('has the facts with --json', async () => {
    const one = await machine()
    const ran = await one.run(['image', 'a cat', '-m', 'grok', '--yes', '-o', 'cat.png', '--json'])
    const { receipt, ...facts } = jsonOf(ran)
    expect(facts).toEqual({
      file: join(one.work, 'cat.png'),
      jobId: expect.any(String),
      usd: '0.07',
      url: expect.stringMatching(/^https?:/),
      expiresAt: expect.any(String),
      attemptId: expect.any(String),
    })
    expect(receipt.usd).toBe('0.07')
    const waited = jsonOf(await one.run(['wait', facts.jobId, '-o', 'again.png', '--json']))
    expect(waited).toMatchObject({ jobId: facts.jobId, usd: '0.07', attemptId: facts.attemptId })
    const quote = jsonOf(await one.run(['price', 'image', 'a cat', '-m', 'grok', '--json']))
    expect(quote).toMatchObject({ usd: '0.07', amount: '70000', operation: 'grok/generate' })
    expect((await one.run(['price', 'run', 'grok/generate', 'prompt=x'])).stdout).toBe('0.07\n')
  })

  it.each(['| head -c 0', '>&-', '2>&-', '>/dev/full', '2>/dev/full', '2>&1 | head -n 1 >/dev/null'])(
    'that is closed or full takes nothing away: %s',
    async (end) => {
      const one = await machine()
      const args = ['image', 'a cat', '-m', 'grok', '--yes', '-o', 'cat.png', '--json']
      await one.run(args, { shell: `"$@" ${end}` })
      expect([one.settlements(), await one.files()]).toEqual([1, ['cat.png']])
      const listed = await one.run(['models'], { shell: `"$@" ${end}; echo code \${PIPESTATUS[0]}` })
      expect(listed.stdout + listed.stderr).not.toMatch(/EPIPE|at .*\.js/)
    },
  )
})

describe.concurrent('a secret', () => {
  it('is in no output, no argument and no listing', async () => {
    const one = await machine()
    const prompt = 'very-private-wish'
    const args = ['run', 'grok/generate', 'prompt=@-', '--yes', '--json', '-o', 'cat.png']
    one.sandbox.faults.add({ step: 'quote', kind: 'slow', ms: 1_000 })
    const running = one.start(args, { input: prompt, env: { STABLESTUDIO_PASSWORD: 'open-sesame-please' } })
    await one.reached(({ path }) => path.includes('/generate/'))
    const seen = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(running.process.pid)]).toString()
    expect(seen).toContain(bin())
    const all = [seen, await running.ended]
    for (const more of [
      ['payments', '--json'],
      ['payments', '--csv'],
      ['recover', '--json'],
      ['limits', '--json'],
    ])
      all.push(await one.run(more))
    one.sandbox.faults.add({ step: 'pay', kind: 'echo' })
    all.push(await one.run([...args, '--force'], { input: prompt }))
    const text = JSON.stringify(all)
    for (const secret of [one.key.slice(2), 'open-sesame', prompt]) expect(text).not.toContain(secret)
    expect(text).not.toMatch(/0x[0-9a-f]{130}/i)
  })
})

describe.concurrent('--sandbox and demo', () => {
  it('need no wallet and no consent, and leave no trace but the file', async () => {
    const one = await machine()
    const env = { STABLESTUDIO_PRIVATE_KEY: undefined }
    const ran = await one.run(['image', 'a cat', '-m', 'grok', '--sandbox', '-o', 'cat.png'], { env })
    expect([ran.code, ran.stdout]).toEqual([0, `${join(one.work, 'cat.png')}\n`])
    const demo = await one.run(['demo', '-o', 'demo.png'], { env })
    expect([demo.code, linesOf(demo.stdout)]).toEqual([0, [join(one.work, 'demo.png')]])
    expect([one.sandbox.requests(), await one.files('..')]).toEqual([[], ['home', 'work']])
    expect((await readText(join(one.work, 'demo.png'))).slice(1, 4)).toBe('PNG')
  })
})
