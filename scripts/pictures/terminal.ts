// The command in a real terminal (a pty): what it writes is interpreted as a terminal does, pictures included.
import pty from '@lydell/node-pty'
import headless from '@xterm/headless'

export type Scene = {
  /** The picture is docs/images/{name}-{ground}.svg. */
  name: string
  line: string
  columns: number
  /** The picture is taken once the screen holds this; without it, when the command has ended. */
  until?: RegExp
}

/** A picture that the command drew in the terminal. */
export type Inline = { line: number; columns: number; png: Buffer }
export type Screen = { terminal: headless.Terminal; lines: readonly string[]; pictures: readonly Inline[] }
type Place = { bin: string; cwd: string; env: Record<string, string> }

/** What reads better than the folder that the script happened to run in. */
const home = '/home/me'

export async function play(scene: Scene, { bin, cwd, env }: Place): Promise<Screen> {
  const { columns, line, until } = scene
  const terminal = new headless.Terminal({ cols: columns, rows: 24, allowProposedApi: true })
  const pictures = catchPictures(terminal)
  const write = (text: string) => new Promise<void>((resolve) => terminal.write(text, resolve))
  await write(`\x1b[2m$\x1b[0m ${line}\r\n`)
  const child = pty.spawn(process.execPath, [bin, ...words(line)], { cols: columns, rows: 24, cwd, env })
  const ended = new Promise<void>((resolve) => child.onExit(() => resolve()))
  let isOver = false
  const reached = new Promise<void>((resolve) =>
    child.onData((data) => {
      if (isOver) return
      void write(data.replaceAll(cwd, home)).then(() => {
        if (isOver || !until?.test(linesOf(terminal).join('\n'))) return
        isOver = true
        resolve()
      })
    }),
  )
  await Promise.race([reached, ended])
  child.kill('SIGKILL')
  await ended
  await write('')
  return { terminal, lines: linesOf(terminal), pictures }
}

/** The arguments of a line, which begins with the command or with `npx` and the command. */
function words(line: string): string[] {
  const all = [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replace(/"/g, ''))
  return all.slice(all.indexOf('stablestudio') + 1)
}

function linesOf({ buffer }: headless.Terminal): string[] {
  const { active } = buffer
  const lines = Array.from(
    { length: active.length },
    (_, at) => active.getLine(at)?.translateToString(true) ?? '',
  )
  return lines.slice(0, lines.findLastIndex((line) => line !== '') + 1)
}

/** iTerm2's inline pictures: OSC 1337 ; File=… : base64. */
function catchPictures(terminal: headless.Terminal): Inline[] {
  const pictures: Inline[] = []
  terminal.parser.registerOscHandler(1337, (data) => {
    const [, columns, base64] = /^File=.*?width=(\d+).*?:(.*)$/s.exec(data) ?? []
    if (!base64) return false
    const { baseY, cursorY } = terminal.buffer.active
    pictures.push({ line: baseY + cursorY, columns: Number(columns), png: Buffer.from(base64, 'base64') })
    return true
  })
  return pictures
}
