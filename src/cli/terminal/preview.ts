// A small picture in the terminal, in the protocols of kitty and of iTerm2.
import { readFile, stat } from 'node:fs/promises'
import { createSupportsTerminalGraphics } from 'supports-terminal-graphics'
import type { AssetKind } from '../../index.ts'
import type { Ui } from './ui.ts'

const mostBytes = 4 * 1024 * 1024
/** The kitty graphics protocol takes base64 in pieces of at most 4,096 bytes ("The transmission medium"). */
const piece = 4096
const columns = 40

/** Shows a picture, or a video's still. A terminal that cannot, and a still that does not come, are no error. */
export async function showPreview(ui: Ui, file: string, { kind, thumbnailUrl }: Shown): Promise<void> {
  if (ui.asJson || ui.isQuiet || kind === 'svg') return
  const shown = await (kind === 'video' ? stillOf(thumbnailUrl) : pictureOf(file)).catch(() => '')
  if (shown) process.stdout.write(`${shown}\n`)
}

type Shown = { kind: AssetKind; thumbnailUrl?: string }

async function pictureOf(file: string): Promise<string> {
  if (!protocol() || (await stat(file)).size > mostBytes) return ''
  return bytesOf(await readFile(file))
}

async function stillOf(url: string | undefined): Promise<string> {
  if (!protocol() || !url) return ''
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5_000) })
  if (!answer.ok || !(Number(answer.headers.get('content-length')) <= mostBytes)) return ''
  return bytesOf(Buffer.from(await answer.arrayBuffer()))
}

/** How this terminal shows pictures, if it does. Inside tmux and screen none arrives. */
function protocol(): 'kitty' | 'iterm2' | undefined {
  const { TMUX, STY, TERM, TERM_PROGRAM } = process.env
  if (!process.stdout.isTTY || TMUX || STY || TERM === 'dumb') return undefined
  // It knows its own protocol in every version, also one that does not tell its number.
  if (TERM_PROGRAM === 'iTerm.app') return 'iterm2'
  const { kitty, iterm2 } = createSupportsTerminalGraphics(process.stdout)
  return kitty ? 'kitty' : iterm2 ? 'iterm2' : undefined
}

function bytesOf(bytes: Buffer): string {
  if (bytes.length > mostBytes) return ''
  if (protocol() === 'kitty') return isPng(bytes) ? kittyImage(bytes) : ''
  return isRaster(bytes) ? iterm2Image(bytes) : ''
}

const starts = (bytes: Uint8Array, ...expected: number[]) => expected.every((byte, at) => bytes[at] === byte)
const isPng = (bytes: Uint8Array) => starts(bytes, 0x89, 0x50, 0x4e, 0x47)
const isRaster = (bytes: Uint8Array) =>
  isPng(bytes) || starts(bytes, 0xff, 0xd8, 0xff) || starts(bytes, 0x47, 0x49, 0x46)

/** `q=2`: without it the terminal answers, and the answer lands in the shell. */
function kittyImage(bytes: Buffer): string {
  const data = bytes.toString('base64')
  let shown = ''
  for (let at = 0; at < data.length; at += piece) {
    const first = at === 0 ? `f=100,a=T,q=2,c=${columns},` : ''
    const more = at + piece < data.length ? 1 : 0
    shown += `\x1b_G${first}m=${more};${data.slice(at, at + piece)}\x1b\\`
  }
  return shown
}

function iterm2Image(bytes: Buffer): string {
  return `\x1b]1337;File=inline=1;size=${bytes.length};width=${columns};preserveAspectRatio=1:${bytes.toString('base64')}\x07`
}
