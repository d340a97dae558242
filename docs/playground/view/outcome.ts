// How the program is doing, and what went wrong.
import { faults } from '../session/faults.ts'
import type { Seen } from '../session/seen.ts'
import type { Failure } from '../wire.ts'
import { element, say } from './element.ts'

/** A program that is silent this long is likely in an endless loop, ms. */
const silence = 3_000

export function statusOf(seen: Seen): string {
  const { phase, fault, paid, silentMs, media } = seen
  const what = fault ? `${faults[fault].says} ` : ''
  if (phase === 'idle') return 'Ready. The sandbox is in this page: no server, no wallet, no money.'
  if (phase === 'done') return `${what}Done: ${mediaOf(media.length)}, ${paymentsOf(paid.count)}.`
  if (phase === 'failed') return `${what}The program ended with an error.`
  if (phase === 'stopped') return 'Stopped. Reload runs it again with the same store.'
  if (phase === 'crashed') return `${what}Reload runs it again with the same store and the same key.`
  if (silentMs > silence) return 'The program does not answer. It may be in an endless loop: Stop ends it.'
  return seen.reloaded ? runningAgain(seen) : `${what}Running …`
}

/** What a page that died has begun is left alone until its lease is over. */
function runningAgain({ ledger, media }: Seen): string {
  const isOpen = ledger.some(({ state }) => state === 'sent' || state === 'unknown')
  return isOpen && media.length === 0
    ? 'Running again. A payment is open: the client waits up to nine seconds, until it is sure that the page before is gone.'
    : 'Running again on the same store …'
}

const mediaOf = (count: number) => (count === 1 ? '1 picture' : `${count} pictures`)
const paymentsOf = (count: number) => (count === 1 ? 'paid once' : `${count} payments`)

const money: Record<string, string> = {
  none: 'Nothing was charged.',
  unknown: 'Something may have been charged.',
  settled: 'It is paid.',
}

export type Actions = { goTo(line: number): void; collect(): void }

/** @param brokenLine where the editor thinks that the program cannot be read. */
export function createFailure({ goTo, collect }: Actions, brokenLine: () => number | undefined) {
  const place = element('div', { className: 'pg-failure', hidden: true, attributes: { role: 'alert' } })
  let drawn: Failure | undefined
  return {
    place,
    draw(failure: Failure | undefined) {
      if (failure === drawn) return
      drawn = failure
      place.hidden = !failure
      place.replaceChildren(...(failure ? contentOf(failure) : []))
    },
  }

  function contentOf(failure: Failure): HTMLElement[] {
    const { name, code, message, hint, payment, job } = failure
    const line = failure.line ?? (name === 'SyntaxError' ? brokenLine() : undefined)
    const parts: HTMLElement[] = [
      element('h2', {}, name, ...(code ? [' ', element('code', {}, code)] : [])),
      element('p', { className: 'pg-message' }, message),
    ]
    if (payment) parts.push(element('p', { className: 'pg-payment' }, money[payment] ?? payment))
    if (hint) parts.push(element('p', {}, '→ ', ...withCode(hint)))
    if (line) parts.push(button(`Line ${line}`, () => goTo(line)))
    if (job) parts.push(button('Collect it: wait(error.job)', collect))
    return parts
  }
}

/** Hints name code in backticks. */
function withCode(text: string): (Node | string)[] {
  return text.split('`').map((part, at) => (at % 2 === 1 ? element('code', {}, part) : part))
}

function button(text: string, onclick: () => void): HTMLElement {
  return element('button', { type: 'button', className: 'pg-button', onclick }, text)
}

export function createConsole() {
  const lines = element('pre', { className: 'pg-console', tabIndex: 0, hidden: true })
  lines.setAttribute('aria-label', 'Console')
  return {
    place: lines,
    draw(printed: Seen['printed']) {
      lines.hidden = printed.length === 0
      say(lines, printed.map(({ text }) => text).join('\n'))
    },
  }
}
