// The buttons: run, with or without a fault; stop; reload.
import { type FaultName, faults } from '../session/faults.ts'
import type { Seen } from '../session/seen.ts'
import { element } from './element.ts'

export type Pressed = { run(fault?: FaultName): void; stop(): void; again(): void }

export function createControls({ run, stop, again }: Pressed) {
  const button = (text: string, onclick: () => void, title = '') =>
    element('button', { type: 'button', className: 'pg-button', title, onclick }, text)
  const runs = button('Run', () => run(), 'Ctrl-Enter')
  const stops = button('Stop', stop)
  const reloads = button('Reload', again, 'Runs the program again with the same store and wallet')
  const label = element('span', { id: 'pg-faults' }, 'Run it, and let something go wrong:')
  const names = Object.keys(faults) as FaultName[]
  const wrong = names.map((name) => {
    const one = button(faults[name].label, () => run(name), faults[name].says)
    one.dataset.fault = name
    return one
  })
  const group = { role: 'group', 'aria-labelledby': label.id }
  const place = element(
    'div',
    { className: 'pg-controls' },
    element('div', { className: 'pg-buttons' }, runs, stops, reloads),
    element('div', { className: 'pg-buttons pg-faults', attributes: group }, label, ...wrong),
  )
  return {
    place,
    draw({ phase, fault }: Seen) {
      stops.disabled = phase !== 'running'
      reloads.disabled = phase === 'idle' || phase === 'running'
      runs.classList.toggle('pg-primary', phase !== 'crashed')
      reloads.classList.toggle('pg-primary', phase === 'crashed')
      for (const one of wrong) one.classList.toggle('pg-chosen', one.dataset.fault === fault)
    },
  }
}
