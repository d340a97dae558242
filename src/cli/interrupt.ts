// The end of the command by a signal, at once.
import type { PaymentState } from '../index.ts'
import { exits } from './exit-codes.ts'
import { createUi, type Ui } from './terminal/ui.ts'

export type Ending = { code: number; payment: PaymentState; lines: readonly string[] }

const nothingPaid: Ending = { code: exits.interrupted, payment: 'none', lines: [] }

/** Until a command takes over, and where there is nothing to take over: Ctrl-C and SIGTERM end it with nothing paid. */
export function endOnSignals(flags: { json: boolean }): void {
  const onSignal = (signal: NodeJS.Signals) => {
    if (process.listenerCount(signal) === 1) endNow(createUi(flags), nothingPaid)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
}

export function endNow(ui: Ui, { code, payment, lines }: Ending): never {
  const shortMessage = 'Interrupted.'
  if (ui.asJson) ui.json({ error: { name: 'StableStudioError', code: 'aborted', shortMessage, payment } })
  ui.draw()
  // A question may have hidden the cursor.
  if (process.stderr.isTTY) process.stderr.write('\x1b[?25h')
  for (const line of lines) ui.warn(line)
  process.exit(code)
}
