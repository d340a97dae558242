// The command in a terminal: the question and its answers, progress that is redrawn, and pictures where they can be shown.
import { describe, expect, it } from 'vitest'
import { useCommand } from '../../support/command.ts'
import { inTerminal } from '../../support/terminal.ts'

const machine = useCommand()
const image = ['image', 'a cat', '-m', 'grok', '-o', 'cat.png']

describe.concurrent('the question', () => {
  it('y pays, once', async () => {
    const one = await machine()
    const run = inTerminal(one, image)
    await run.shows('Pay $0.07 USDC on Base')
    expect(one.settlements()).toBe(0)
    run.type('y')
    expect([await run.ended, one.settlements(), await one.files()]).toEqual([0, 1, ['cat.png']])
    expect(run.screen().join('\n')).toContain('cat.png')
  })

  it.each([
    ['n', 'n', 3],
    ['Enter', '\r', 3],
    ['Ctrl-C', '\u0003', 130],
    ['Escape', '\u001b', 130],
  ])('%s does not', async (_, keys, code) => {
    const one = await machine()
    const run = inTerminal(one, image)
    await run.shows('Pay $0.07')
    run.type(keys)
    expect([await run.ended, one.settlements(), await one.files()]).toEqual([code, 0, []])
  })

  it.each(['SIGINT', 'SIGTERM'])('neither does %s, which gives the cursor back', async (signal) => {
    const one = await machine()
    const run = inTerminal(one, image)
    await run.shows('Pay $0.07')
    run.kill(signal)
    expect([await run.ended, one.settlements()]).toEqual([130, 0])
    expect(run.raw().lastIndexOf('\u001b[?25h')).toBeGreaterThan(run.raw().lastIndexOf('\u001b[?25l'))
  })

  it('is not asked with --yes, --no-input, or on a terminal that cannot draw', async () => {
    const one = await machine()
    for (const [args, env, code] of [
      [[...image, '--no-input'], {}, 3],
      [image, { TERM: 'dumb' }, 3],
      [[...image, '--yes'], {}, 0],
    ] as const) {
      const run = inTerminal(one, args, { env })
      expect(await run.ended).toBe(code)
      expect(run.screen().join('\n')).not.toContain('[y/N]')
    }
    expect(one.settlements()).toBe(1)
  })
})

describe.concurrent('a password', () => {
  const locked = { STABLESTUDIO_PRIVATE_KEY: undefined }

  it('is asked for twice when a wallet is made, and never shown', async () => {
    const one = await machine()
    const run = inTerminal(one, ['wallet', 'new', 'me'], { env: locked })
    await run.shows('A password for the wallet')
    run.type('short\r')
    await run.shows('At least 12')
    run.type('er is not enough\r')
    await run.shows('again')
    run.type('shorter is not enough\r')
    expect(await run.ended).toBe(0)
    expect(run.raw()).not.toMatch(/is not enough/)
    const pay = inTerminal(one, [...image, '--yes', '--no-wait'], { env: locked })
    await pay.shows('Password of me')
    pay.type('wrong\r')
    expect(await pay.ended).toBe(3)
  })

  it.each(['SIGTERM', '\u0003'])('that is not given ends with nothing paid: %j', async (end) => {
    const one = await machine()
    const env = { ...locked, STABLESTUDIO_PASSWORD: 'correct horse battery' }
    await one.run(['wallet', 'import', 'me', '-'], { env, input: one.key })
    const run = inTerminal(one, [...image, '--yes'], { env: locked })
    await run.shows('Password of me')
    if (end === 'SIGTERM') run.kill(end)
    else run.type(end)
    expect([await run.ended, one.settlements()]).toEqual([130, 0])
  })
})

describe.concurrent('progress', () => {
  it.each([40, 120])('is redrawn in one line, %i columns wide, and leaves none behind', async (columns) => {
    const one = await machine()
    const run = inTerminal(one, [...image, '--yes'], { columns })
    await run.shows(/pending|loading|working/)
    await run.shows(/of about 3 s/)
    expect(await run.ended).toBe(0)
    const drawn = run
      .raw()
      .split('\r')
      .map((part) => part.split('\n')[0] ?? '')
    const lengths = drawn.filter((line) => line.includes('of about')).map((line) => visible(line).length)
    expect(lengths.length).toBeGreaterThan(5)
    expect(Math.max(...lengths)).toBeLessThan(columns)
    expect(run.screen().join('\n')).not.toContain('of about')
    expect(run.screen().length).toBeLessThan(12)
  })

  it('of a batch is a table that fits, and ends as a summary', async () => {
    const one = await machine()
    const { writeFile } = await import('node:fs/promises')
    await writeFile(
      `${one.work}/prompts.txt`,
      Array.from({ length: 14 }, (_, at) => `picture ${at}`).join('\n'),
    )
    const run = inTerminal(one, ['batch', 'prompts.txt', '-m', 'grok', '--yes'], { columns: 40 })
    await run.shows('running')
    expect(await run.ended).toBe(0)
    expect(run.screen().join('\n')).toContain('14 of 14 done')
    expect(run.screen().filter((line) => line.includes('running')).length).toBeLessThanOrEqual(1)
  })

  it('has no colour with NO_COLOR, and nothing is redrawn on a dumb terminal', async () => {
    const one = await machine()
    const plain = inTerminal(one, [...image, '--yes'], { env: { NO_COLOR: '1' } })
    expect(await plain.ended).toBe(0)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
    expect(plain.raw()).not.toMatch(/\u001b\[[0-9;]*m/)
    const dumb = inTerminal(one, [...image, '--yes', '--force'], { env: { TERM: 'dumb' } })
    expect(await dumb.ended).toBe(0)
    expect(dumb.raw()).not.toContain('\u001b')
  })
})

describe.concurrent('a picture', () => {
  const kitty = '\u001b_G'
  const iterm = '\u001b]1337;File='
  const shown: [string, Record<string, string>, string[], string | undefined][] = [
    ['kitty', { KITTY_WINDOW_ID: '1', TERM: 'xterm-kitty' }, [], kitty],
    ['iTerm2', { TERM_PROGRAM: 'iTerm.app' }, [], iterm],
    ['another terminal', {}, [], undefined],
    ['tmux in kitty', { KITTY_WINDOW_ID: '1', TMUX: '/tmp/tmux,1,0' }, [], undefined],
    ['tmux in iTerm2', { TERM_PROGRAM: 'iTerm.app', TMUX: '/tmp/tmux,1,0' }, [], undefined],
    ['a dumb terminal', { KITTY_WINDOW_ID: '1', TERM: 'dumb' }, [], undefined],
    ['kitty with --no-preview', { KITTY_WINDOW_ID: '1' }, ['--no-preview'], undefined],
    ['kitty with --quiet', { KITTY_WINDOW_ID: '1' }, ['--quiet'], undefined],
    ['kitty with --json', { KITTY_WINDOW_ID: '1' }, ['--json'], undefined],
  ]
  it.each(shown)('in %s', async (_, env, flags, starts) => {
    const one = await machine()
    const run = inTerminal(one, [...image, '--yes', ...flags], { env })
    expect(await run.ended).toBe(0)
    for (const protocol of [kitty, iterm]) expect(run.raw().includes(protocol)).toBe(protocol === starts)
    if (starts === kitty) expect(run.raw()).toMatch(/f=100,a=T,q=2/)
    expect(run.screen().join('').replace(/\s/g, '')).toContain('cat.png')
  })

  it('is not written into a pipe', async () => {
    const one = await machine()
    const { stdout } = await one.run([...image, '--yes'], {
      env: { KITTY_WINDOW_ID: '1', TERM_PROGRAM: 'iTerm.app' },
    })
    expect(stdout).not.toContain('\u001b')
  })
})

// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes take no room
const visible = (line: string) => line.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
