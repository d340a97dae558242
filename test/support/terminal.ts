// The command in a real terminal: what it writes is interpreted as a terminal does, and keys are typed.
import pty from '@lydell/node-pty'
import xterm from '@xterm/headless'
import { bin, type Machine } from './command.ts'

export type TerminalRun = {
  /** Everything that was written, escapes included. */
  raw(): string
  /** What a person sees, line by line. */
  screen(): string[]
  type(keys: string): void
  kill(signal: string): void
  /** Resolves once the screen holds this, or the command ended. */
  shows(text: string | RegExp): Promise<void>
  ended: Promise<number>
  /** The longest line that was drawn, in characters. */
  wrapped(): boolean
}

type How = { columns?: number; env?: Record<string, string | undefined> }

export function inTerminal(
  one: Machine,
  args: readonly string[],
  { columns = 80, env = {} }: How = {},
): TerminalRun {
  const rows = 60
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true })
  const set = { ...one.env, TERM: 'xterm-256color', ...env }
  const child = pty.spawn(process.execPath, [bin(), ...args], {
    cols: columns,
    rows,
    cwd: one.work,
    env: Object.fromEntries(
      Object.entries(set).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  })
  let [raw, over] = ['', false]
  const waiting = new Set<() => void>()
  const look = () => {
    for (const each of waiting) each()
  }
  const lines = () => {
    const { buffer } = screen
    return Array.from(
      { length: buffer.active.length },
      (_, at) => buffer.active.getLine(at)?.translateToString(true) ?? '',
    )
  }
  child.onData((data) => {
    raw += data
    screen.write(data, look)
  })
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      over = true
      screen.write('', () => {
        look()
        resolve(exitCode)
      })
    })
  })
  return {
    raw: () => raw,
    screen: () => lines().filter((line) => line !== ''),
    type: (keys) => child.write(keys),
    kill: (signal) => child.kill(signal),
    wrapped: () => {
      const { active } = screen.buffer
      return Array.from({ length: active.length }, (_, at) => active.getLine(at)?.isWrapped).includes(true)
    },
    shows: (text) =>
      new Promise((resolve) => {
        const check = () => {
          const shown = lines().join('\n')
          if (over || (typeof text === 'string' ? shown.includes(text) : text.test(shown))) resolve()
        }
        waiting.add(check)
        check()
      }),
    ended,
  }
}
