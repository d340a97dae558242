// What is typed wrong is said before anything is sent: no flag is ignored, and no amount is guessed.
import { describe, expect, it, vi } from 'vitest'
import { duration, moment, usd } from '../../../src/cli/flags.ts'
import { jsonOf, type Machine, useCommand } from '../../support/command.ts'

const machine = useCommand()

/** Exit 2, an explanation, and not one request. */
async function refused({ run, sandbox }: Machine, args: string[], says: RegExp) {
  const { code, stdout, stderr } = await run(args)
  expect({ args, code, stdout, stderr }).toEqual({
    args,
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(says),
  })
  expect(sandbox.requests()).toEqual([])
}

describe.concurrent('a misspelt', () => {
  const image = ['image', 'a cat', '--yes']
  const wrong: [string, string[], RegExp][] = [
    ['flag', [...image, '--max-prce', '0.2'], /--max-prce[\s\S]*--max-price/],
    ['flag with =', [...image, '--max-prce=0.2'], /--max-prce/],
    ['flag of another command', [...image, '--max-total', '1'], /--max-total/],
    ['flag before the command', ['--max-price', '1', 'image', 'a cat'], /--max-price/],
    ['command', ['imgae', 'a cat'], /imgae[\s\S]*image/],
    ['command below another', ['wallet', 'nwe', 'me'], /nwe[\s\S]*new/],
    ['command below price', ['price', 'imge', 'x'], /imge/],
    ['model', [...image, '-m', 'gpt-imge-2'], /gpt-image-2/],
    ['operation', ['run', 'flux-2-pro/genrate', 'prompt=x', '--yes'], /flux-2-pro\/generate/],
    ['field', ['run', 'flux-2-pro/generate', 'promt=x', '--yes'], /prompt/],
    ['limit', ['limits', 'set', 'per-dya', '5'], /per-day/],
    ['kind', ['models', '--kind', 'vidoe'], /video/],
    ['state', ['payments', '--state', 'open'], /settled/],
    ['shell', ['completion', 'bsh'], /bash/],
  ]
  it.each(wrong)('%s is refused', async (_, args, says) => {
    await refused(await machine(), args, says)
  })

  it('value beside a flag of the service is refused, with the fields', async () => {
    const one = await machine()
    await refused(one, ['image', 'a cat', '--size', 'big', '--yes'], /--size/)
    await refused(one, ['image', 'a cat', '--ratio', '3-2', '--yes'], /--ratio/)
    await refused(one, ['video', 'waves', '--seconds', '7', '--yes'], /--seconds/)
    await refused(one, ['run', 'grok/generate', 'a cat', '--yes'], /key=value/)
    await refused(one, ['run', 'veo-3.1-fast/generate', 'prompt=x', 'duration=99', '--yes'], /duration/)
  })

  it.each([
    [['image']],
    [['image', 'two', 'words']],
    [['image', 'a cat', '--max-price']],
    [['image', 'a cat', '--max-price', '--yes']],
    [['image', 'a cat', '-n']],
    [['image', 'a cat', '-n', '0']],
    [['image', 'a cat', '-n', '1.5']],
    [['image', 'a cat', '--timeout', '10']],
    [['image', 'a cat', '--timeout', '0s']],
    [['image', 'a cat', '--key', '']],
    [['image', '']],
    [['limits', 'set', 'per-day']],
    [['payments', '--since', '7']],
    [['payments', '--since', 'yesterday']],
    [['payments', '--limit', '0']],
    [['payments', '--csv', '--json']],
    [['wait']],
    [['wait', '']],
    [['wait', '../../etc/passwd']],
    [['batch']],
    [['wallet', 'new']],
  ])('number or order of arguments is refused: %j', async (args) => {
    const one = await machine()
    const { code } = await one.run([...args, '--yes'].filter((arg) => arg !== '--yes' || args[0] === 'image'))
    expect([args, code]).toEqual([args, 2])
    expect(one.sandbox.requests()).toEqual([])
  })
})

describe('an amount that is no decimal string', () => {
  const amounts = [
    '1,5',
    '-1',
    '0x1',
    '1e3',
    '',
    ' ',
    '$1',
    '1.0000001',
    'NaN',
    'Infinity',
    '.',
    '1_0',
    '１',
    '+1',
    '1 ',
  ]
  it.each(amounts)('is refused: %j', (amount) => {
    expect(() => usd(amount)).toThrow(/decimal/)
  })

  it('is refused by every flag and argument that takes one', async () => {
    const one = await machine()
    await refused(one, ['image', 'a cat', '--max-price=1,5'], /decimal/)
    await refused(one, ['batch', 'prompts.txt', '--max-total=1e3'], /decimal/)
    await refused(one, ['limits', 'set', 'per-day', '--', '-1'], /decimal/)
  })

  it('and one that is stays what it is, to the last digit', () => {
    for (const amount of ['0', '0.10', '1', '1.000001', '1000000']) expect(usd(amount)).toBe(amount)
  })
})

describe('a time', () => {
  it('has a unit', () => {
    expect([duration('90s'), duration('1.5m'), duration('2h'), duration('1d')]).toEqual([
      90_000, 90_000, 7_200_000, 86_400_000,
    ])
    for (const text of ['', '10', '0s', '-1s', '1w', '1e3s', 's', '25d', 'ten minutes', ' 1s'])
      expect(() => duration(text), text).toThrow(/unit/)
  })

  it('ago, or a date, is a moment', () => {
    vi.spyOn(Date, 'now').mockReturnValue(Date.UTC(2026, 10, 27, 12))
    expect(['0s', '12h', '7d'].map(moment)).toEqual([
      '2026-11-27T12:00:00.000Z',
      '2026-11-27T00:00:00.000Z',
      '2026-11-20T12:00:00.000Z',
    ])
    expect(moment('2026-11-01')).toBe('2026-11-01T00:00:00.000Z')
    for (const text of ['', '7', 'yesterday', '2026', '11/01/2026', '2026-13-01', '-1d'])
      expect(() => moment(text), text).toThrow()
  })
})

describe.concurrent('a failure with --json', () => {
  it.each([
    [['image', 'a cat', '--json', '--max-prce', '1'], 2],
    [['image', 'a cat', '--json', '-m', 'nothing'], 2],
    [['image', 'a cat', '--json'], 3],
    [['wait', 'nothing-here', '--json', '--account', 'nobody'], 3],
    [['run', 'what/ever', '--json', 'prompt=x', '--yes'], 2],
  ])('is one value on stdout: %j', async (args, code) => {
    const ran = await (await machine()).run(args)
    expect(ran.code).toBe(code)
    expect(jsonOf(ran).error).toMatchObject({ shortMessage: expect.any(String), payment: 'none' })
  })
})

describe.concurrent('empty variables', () => {
  it('stand for none', async () => {
    const one = await machine()
    const env = { STABLESTUDIO_DATA: '', STABLESTUDIO_RPC: '', STABLESTUDIO_ACCOUNT: '' }
    const { code, stderr } = await one.run(['image', 'a cat', '-m', 'grok', '--yes', '--no-wait'], { env })
    expect([code, stderr]).toEqual([0, expect.stringContaining('paid')])
    expect(await one.files()).toEqual([])
    expect(await one.files('../home/.local/share/stablestudio')).toEqual(['ledger'])
  })
})
