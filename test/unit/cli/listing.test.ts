// What looks and pays nothing: the ledger as a table, JSON and CSV, the help, the version and the completions.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { version } from '../../../src/cli/version.ts'
import { jsonOf, linesOf, useCommand } from '../../support/command.ts'

const machine = useCommand()

describe.concurrent('payments', () => {
  it('are guarded in CSV against what a spreadsheet would run', async () => {
    const one = await machine()
    const keys = ['=cmd|calc', '+1', '-1', '@x', '\ttab', 'a,b', 'a"b', 'two\nlines', 'plain']
    await Promise.all(
      keys.map((key) => one.run(['image', 'a cat', '-m', 'grok', '--yes', '--no-wait', `--key=${key}`])),
    )
    const { stdout } = await one.run(['payments', '--csv'])
    expect(linesOf(stdout)[0]).toBe('id,createdAt,operation,usd,state,jobId,transaction,key')
    for (const key of ['=cmd|calc', '+1', '-1', '@x', '\ttab']) expect(stdout).toContain(`,"'${key}"\n`)
    expect(stdout).toContain(',"a,b"\n')
    expect(stdout).toContain(',"a""b"\n')
    expect(stdout).toContain(',"two\nlines"\n')
    expect(stdout).toContain(',plain\n')
    expect(jsonOf(await one.run(['payments', '--json']))).toHaveLength(keys.length)
    expect(linesOf((await one.run(['payments'])).stdout)).toHaveLength(keys.length)
  })

  it('are those since a time ago or a date', async () => {
    const one = await machine()
    await one.run(['image', 'a cat', '-m', 'grok', '--yes', '--no-wait'])
    const count = async (...args: string[]) => jsonOf(await one.run(['payments', '--json', ...args])).length
    expect(await count('--since', '7d')).toBe(1)
    expect(await count('--since', '12h')).toBe(1)
    expect(await count('--since', '0s')).toBe(0)
    expect(await count('--since', '2026-01-01')).toBe(1)
    expect(await count('--since', '2999-01-01')).toBe(0)
    expect(await count('--until', '2026-01-01T00:00:00Z')).toBe(0)
    expect(await count('--state', 'settled', '--limit', '1')).toBe(1)
    expect(await count('--state', 'unknown')).toBe(0)
  })
})

describe.concurrent('jobs', () => {
  it('are listed, shown, and deleted when they failed', async () => {
    const one = await machine()
    const id = (await one.run(['image', 'a cat', '-m', 'grok', '--yes', '--no-wait'])).stdout.trim()
    expect((await one.run(['jobs'])).stdout).toContain(id)
    expect(jsonOf(await one.run(['jobs', 'list', '--json', '--limit', '1']))).toMatchObject([{ id }])
    expect(jsonOf(await one.run(['jobs', 'get', id, '--json']))).toMatchObject({ id })
    expect((await one.run(['jobs', 'delete', id])).code).not.toBe(0)
    await one.run(['image', 'moderated-content', '-m', 'grok', '--yes'])
    const [failed] = jsonOf(await one.run(['jobs', '--json', '--status', 'failed']))
    expect(jsonOf(await one.run(['jobs', 'delete', failed.id, '--json']))).toEqual({ deleted: failed.id })
  })
})

describe.concurrent('help', () => {
  const commands = [
    'image',
    'video',
    'vectorize',
    'run',
    'price',
    'price image',
    'price video',
    'price vectorize',
    'price run',
    'batch',
    'models',
    'wait',
    'jobs',
    'jobs list',
    'jobs get',
    'jobs delete',
    'payments',
    'recover',
    'limits',
    'limits set',
    'wallet',
    'wallet new',
    'wallet import',
    'wallet list',
    'wallet address',
    'balance',
    'fund',
    'demo',
    'completion',
  ]
  it('of all of them is one list, and asks nobody', async () => {
    const one = await machine()
    const { code, stdout } = await one.run(['--help'])
    expect(code).toBe(0)
    for (const name of commands.filter((each) => !each.includes(' ')))
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'))
    expect(stdout).toMatch(/Exit codes/)
    expect(await one.files('..')).toEqual(['home', 'work'])
  })

  it.each(commands)('of %s is on stdout', async (name) => {
    const { code, stdout } = await (await machine()).run([...name.split(' '), '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: stablestudio ${name}`)
  })

  it('begins with an example for every command that has arguments', async () => {
    const one = await machine()
    for (const name of [
      'image',
      'video',
      'vectorize',
      'run',
      'batch',
      'wait',
      'payments',
      'recover',
      'limits',
      'wallet',
      'balance',
    ])
      expect((await one.run([name, '--help'])).stdout.trimStart()).toMatch(
        new RegExp(`^stablestudio .*\\n?.*${name}`),
      )
  })

  it('and the version end with 0', async () => {
    const one = await machine()
    for (const flag of ['--version', '-V']) expect((await one.run([flag])).stdout).toBe(`${version}\n`)
    expect((await one.run([])).code).toBe(2)
  })
})

describe.concurrent('models', () => {
  it('are listed by kind, and shown with their fields', async () => {
    const one = await machine()
    const videos = linesOf((await one.run(['models', '--kind', 'video'])).stdout)
    expect(videos.length).toBeGreaterThan(5)
    expect(videos.every((line) => line.includes('video'))).toBe(true)
    const { stdout } = await one.run(['models', 'veo-3.1-fast/generate'])
    expect(stdout).toMatch(/prompt \(required\)/)
    expect(jsonOf(await one.run(['models', 'grok/edit', '--json'])).input.required).toContain('prompt')
    expect((await one.run(['models', 'grok/edt'])).code).toBe(2)
  })
})

describe.concurrent('completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('has a script for %s', async (shell) => {
    const { code, stdout } = await (await machine()).run(['completion', shell])
    expect([code, stdout]).toEqual([0, expect.stringContaining('stablestudio')])
    expect(stdout).toMatch(/complete '?--/)
  })

  it('tells commands, operations and flags', async () => {
    const one = await machine()
    expect((await one.run(['complete', '--', ''])).stdout).toContain('vectorize')
    const operations = (await one.run(['complete', '--', 'run', 'gpt'])).stdout
    expect(operations).toContain('gpt-image-1.5/generate')
    expect(operations).not.toContain('veo-3.1')
    expect((await one.run(['complete', '--', 'image', '--max'])).stdout).toContain('--max-price')
  })
})

describe.concurrent('limits', () => {
  it('that are set are kept, with the others, readable by their owner alone', async () => {
    const one = await machine()
    const { mkdir, stat } = await import('node:fs/promises')
    await mkdir(one.data)
    await writeFile(join(one.data, 'config.json'), '{"account":"me","output":"pictures"}')
    const set = jsonOf(await one.run(['limits', 'set', 'total', '20', '--json']))
    expect(set).toEqual({ account: 'me', output: 'pictures', limits: { total: '20' } })
    const env = { STABLESTUDIO_DATA: undefined }
    await one.run(['limits', 'set', 'per-call', '0.5'], { env })
    expect((await stat(join(one.home, '.config/stablestudio/config.json'))).mode & 0o777).toBe(0o600)
    expect(jsonOf(await one.run(['limits', '--json'], { env }))).toMatchObject({
      perCall: '0.50',
      perDay: { limit: '5.00' },
    })
  })
})
