// The playground: puts its parts into a page, and ties them together.
import editorCss from './editor/editor.css?inline'
import { createEditor } from './editor/editor.ts'
import { drawFile } from './file.ts'
import css from './playground.css?inline'
import { presets } from './presets.ts'
import type { FaultName } from './session/faults.ts'
import { createSession, type Source } from './session/session.ts'
import { createControls } from './view/controls.ts'
import { element, say } from './view/element.ts'
import { createEventsLog, createLedgerLog, createRequestsLog } from './view/logs.ts'
import { createMoney } from './view/money.ts'
import { createConsole, createFailure, statusOf } from './view/outcome.ts'
import { createPictures } from './view/pictures.ts'
import viewCss from './view/view.css?inline'

/** @returns what ends the program when the page is left. */
export async function mount(root: HTMLElement): Promise<() => void> {
  let file = await drawFile()
  const session = createSession(soon(draw))
  const source = (): Source => ({ code: editor.code(), file })
  // What a press does is seen at once.
  const pressed = (work: () => void) => {
    work()
    draw()
  }
  const run = (fault?: FaultName) => pressed(() => session.run(source(), fault))
  const again = () => pressed(() => session.again(source()))
  const collect = () => pressed(() => session.collect(source()))
  const stop = () => pressed(session.stop)

  const place = element('div', { className: 'pg-editor' })
  const editor = createEditor(place, 'The program, in TypeScript', run)
  const controls = createControls({ run, stop, again })
  const status = element('p', { className: 'pg-status', attributes: { role: 'status' } })
  const failure = createFailure({ goTo: editor.goTo, collect }, editor.brokenLine)
  const [printed, money, pictures] = [createConsole(), createMoney(), createPictures()]
  const [requests, events, ledger] = [createRequestsLog(), createEventsLog(), createLedgerLog()]

  const choices = createChoices(editor.replace, (chosen) => {
    file = chosen
  })
  const work = [choices, place, controls.place, status, printed.place]
  root.replaceChildren(
    element('style', {}, css, editorCss, viewCss),
    element('div', { className: 'pg-work' }, ...work),
    element('div', { className: 'pg-result' }, money.place, failure.place, pictures.place),
    element('div', { className: 'pg-logs' }, requests.place, events.place, ledger.place),
  )
  draw()
  return session.close

  function draw(): void {
    const seen = session.seen()
    root.dataset.phase = seen.phase
    say(status, statusOf(seen))
    controls.draw(seen)
    failure.draw(seen.failure)
    printed.draw(seen.printed)
    money.draw(seen)
    pictures.draw(seen.media)
    pictures.place.hidden = seen.failure !== undefined && seen.media.length === 0
    requests.draw(seen.requests)
    events.draw(seen.events)
    ledger.draw(seen.ledger)
  }
}

/** Which program, and which file it gets. */
function createChoices(replace: (code: string) => void, choose: (file: File) => void): HTMLElement {
  const options = presets.map(({ name }, at) => element('option', { value: String(at) }, name))
  const select = element('select', { id: 'pg-program' }, ...options)
  const picker = element('input', { type: 'file', accept: 'image/*' })
  const pick = element('label', { className: 'pg-file' }, 'File ', picker)
  const label = element('label', { htmlFor: select.id }, 'Program')
  const load = () => {
    const { code } = presets[Number(select.value)] ?? presets[0]
    pick.hidden = !/\bfile\b/.test(code)
    replace(code.trimEnd())
  }
  select.onchange = load
  picker.onchange = () => {
    const [file] = picker.files ?? []
    if (file) choose(file)
  }
  load()
  return element('div', { className: 'pg-choices' }, label, select, pick)
}

/** At most once for each picture that the screen shows. */
function soon(draw: () => void): () => void {
  let planned = false
  return () => {
    if (planned) return
    planned = true
    requestAnimationFrame(() => {
      planned = false
      draw()
    })
  }
}
