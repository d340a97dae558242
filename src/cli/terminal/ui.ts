// What the command says, and where: data on stdout, all else on stderr.
import { pathToFileURL } from 'node:url'
import { styleText } from 'node:util'
import { clean } from './text.ts'

type Style = Parameters<typeof styleText>[0]

export type Ui = {
  /** A line of data. */
  out(line: string): void
  /** The path of a file; a link to it on terminals. */
  path(file: string): void
  /** The one JSON value of the command. */
  json(value: unknown): void
  /** A line for people; not with `--quiet`. */
  note(line: string): void
  /** A line for people that is never left out. */
  warn(line: string): void
  /** Replaces the lines that are being redrawn. Only on terminals that can. */
  draw(...lines: string[]): void
  /** Whether a line can be redrawn. */
  canDraw: boolean
  /** Whether a person is there to ask. */
  canAsk: boolean
  isQuiet: boolean
  asJson: boolean
  columns(): number
  style(style: Style, text: string): string
}

type Flags = { json?: boolean; quiet?: boolean; input?: boolean | string }

export function createUi({ json = false, quiet = false, input = true }: Flags): Ui {
  const { stdout, stderr, stdin } = process
  const isDumb = process.env.TERM === 'dumb'
  const canDraw = Boolean(stderr.isTTY) && !isDumb && !quiet
  let drawn = 0
  const erase = () => {
    if (drawn > 0) stderr.write(`\r${drawn > 1 ? `\x1b[${drawn - 1}A` : ''}\x1b[J`)
    drawn = 0
  }
  const say = (line: string) => {
    erase()
    stderr.write(`${line}\n`)
  }
  return {
    canDraw,
    // A pipe must not answer, and a question that nobody sees must not be asked.
    canAsk: Boolean(stdin.isTTY) && Boolean(stderr.isTTY) && !isDumb && input !== false,
    isQuiet: quiet,
    asJson: json,
    columns: () => stderr.columns || 80,
    out: (line) => {
      erase()
      stdout.write(`${line}\n`)
    },
    path: (file) => {
      erase()
      stdout.write(`${stdout.isTTY && !isDumb ? linked(file) : file}\n`)
    },
    json: (value) => {
      erase()
      stdout.write(`${JSON.stringify(value, undefined, stdout.isTTY ? 2 : undefined)}\n`)
    },
    note: (line) => {
      if (!quiet) say(line)
    },
    warn: say,
    draw: (...lines) => {
      if (!canDraw) return
      erase()
      stderr.write(lines.map((line) => cut(line, (stderr.columns || 80) - 1)).join('\n'))
      drawn = lines.length
    },
    style: (style, text) => (isDumb ? text : styleText(style, text, { stream: stderr })),
  }
}

/** OSC 8; terminals that do not know it show the text alone. */
function linked(file: string): string {
  return `\x1b]8;;${pathToFileURL(file)}\x1b\\${file}\x1b]8;;\x1b\\`
}

/** A line that is longer than the terminal would not be erased whole. */
function cut(line: string, columns: number): string {
  return clean(line).length > columns ? `${clean(line).slice(0, columns - 1)}…` : line
}

/** The end of a pipe may be closed, as by `head`: what is left is not an error. */
export function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
