// The form: prompt, model, its choices, the price of exactly that, and what is left of the limits.
import { isStableStudioError, type OperationSummary, type Quote } from 'stablestudio'
import { type Choice, choicesOf, modelName, models, termsOf } from '../models.ts'
import type { Settings } from '../settings.ts'
import type { Left } from '../spending.ts'
import { byId, h } from './dom.ts'

export type ComposerActions = {
  /** Asks for the price of exactly this input. Moves no money. */
  quote(operation: string, input: Record<string, unknown>, signal: AbortSignal): Promise<Quote>
  make(quote: Quote): void
  connect(): void
}

export type ComposerState = {
  connected: boolean
  busy: boolean
  /** A payment has no answer yet: nothing is bought before it has. */
  unsure: boolean
  left: Left
}

export type Composer = {
  /** What the button does follows from these. */
  update(state: ComposerState): void
  suggest(prompt: string): void
}

/** A price is asked for again after this long, so that what is paid is what is shown. */
const priceAgeMs = 120_000
const typingPauseMs = 450

export function createComposer(settings: Settings, actions: ComposerActions): Composer {
  const form = byId<HTMLFormElement>('composer')
  let state: ComposerState = {
    connected: false,
    busy: false,
    unsure: false,
    left: { today: '', total: '', spent: '' },
  }
  let model = models[0] as OperationSummary
  /** `undefined` while they load: nothing is priced before they are there. */
  let fields: readonly Choice[] | undefined
  let quoted: { key: string; quote: Quote; at: number } | undefined
  let pending: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const prompt = h('textarea', {
    id: 'prompt',
    name: 'prompt',
    rows: 5,
    maxlength: 4000,
    placeholder: 'A lighthouse on a basalt cliff, late evening, long exposure',
    input: () => priceLater(),
  })
  const pickModel = h(
    'select',
    { id: 'model', name: 'model', change: () => void selectModel() },
    ...models.map(({ id }) => h('option', { value: id }, modelName(id))),
  )
  const about = h('p', { class: 'soft small', id: 'model-about' })
  const choices = h('div', { class: 'choices' })
  const price = h('output', { id: 'price', for: 'prompt model', 'aria-live': 'polite' })
  const left = h('p', { class: 'soft small', id: 'left' })
  const problem = h('p', { class: 'problem', id: 'problem', role: 'alert', hidden: true })
  const button = h('button', { type: 'submit', class: 'primary wide' }, 'Connect a wallet')
  pickModel.setAttribute('aria-describedby', 'model-about')
  form.append(
    h('h1', { id: 'composer-title' }, 'What should it show?'),
    h('label', { for: 'prompt', class: 'hidden' }, 'What should it show?'),
    prompt,
    h('div', { class: 'field' }, h('label', { for: 'model' }, 'Model'), pickModel, about),
    choices,
    h('div', { class: 'cost' }, h('p', { class: 'cost-line' }, h('span', {}, 'Price'), price), left),
    problem,
    button,
  )

  const input = (): Record<string, unknown> => {
    const chosen = (fields ?? []).map(({ field }) => [
      field,
      byId<HTMLSelectElement>(`choice-${field}`).value,
    ])
    return { prompt: prompt.value.trim(), ...Object.fromEntries(chosen.filter(([, value]) => value)) }
  }
  const keyOf = () => JSON.stringify([model.id, input()])
  const fresh = () => {
    const good = quoted && quoted.key === keyOf() && Date.now() - quoted.at < priceAgeMs
    return good ? quoted?.quote : undefined
  }
  const say = (text: string | undefined) => {
    problem.hidden = text === undefined
    problem.textContent = text ?? ''
  }

  async function selectModel(): Promise<void> {
    const chosen = models.find(({ id }) => id === pickModel.value) ?? model
    model = chosen
    fields = undefined
    about.textContent = `${chosen.description} ${termsOf(chosen)}.`
    priceLater()
    try {
      const loaded = await choicesOf(chosen.id)
      if (model !== chosen) return
      fields = loaded
      choices.replaceChildren(...loaded.map((choice) => selectOf(choice, () => priceLater())))
      priceLater()
    } catch (error) {
      if (model === chosen) say(wordsOf(error))
    }
  }

  function priceLater(): void {
    clearTimeout(timer)
    pending?.abort()
    say(undefined)
    const ready = fields !== undefined && prompt.value.trim()
    price.textContent = ready ? '…' : '–'
    if (ready) timer = setTimeout(() => void askPrice(), typingPauseMs)
    draw()
  }

  async function askPrice(): Promise<Quote | undefined> {
    pending?.abort()
    const asking = new AbortController()
    pending = asking
    const key = keyOf()
    try {
      const quote = await actions.quote(model.id, input(), asking.signal)
      if (key !== keyOf()) return undefined
      quoted = { key, quote, at: Date.now() }
      price.textContent = `$${quote.usd}`
      draw()
      return quote
    } catch (error) {
      if (asking.signal.aborted) return undefined
      price.textContent = '–'
      say(wordsOf(error))
      return undefined
    }
  }

  function draw(): void {
    const quote = fresh()
    const { connected, busy, unsure } = state
    button.disabled = busy || (connected && (unsure || !fields || !prompt.value.trim()))
    const price = quote ? `Make it for $${quote.usd}` : 'Make it'
    const make = unsure && !busy ? 'The last payment has no answer yet' : price
    button.textContent = connected ? make : 'Connect a wallet'
    const { perDay, perCall } = settings.limits
    left.textContent = `$${state.left.today} of $${perDay} left today · at most $${perCall} each`
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (state.busy || button.disabled) return
    if (!state.connected) return actions.connect()
    clearTimeout(timer)
    const quote = fresh() ?? (await askPrice())
    if (quote && !state.busy) actions.make(quote)
  })
  void selectModel()
  return {
    update(next) {
      state = next
      draw()
    },
    suggest(text) {
      prompt.value = text
      prompt.focus()
      priceLater()
    },
  }
}

function selectOf({ field, label, about, values, first }: Choice, change: () => void): HTMLElement {
  const id = `choice-${field}`
  const options = values.map((value) =>
    h('option', { value, selected: value === first }, value || 'the model decides'),
  )
  const select = h('select', { id, name: field, title: about, change }, ...options)
  return h('div', { class: 'field' }, h('label', { for: id }, label), select)
}

function wordsOf(error: unknown): string {
  if (!isStableStudioError(error)) return 'The price could not be fetched.'
  const { shortMessage, details, hint } = error
  return [shortMessage, details, hint, 'No money moved.'].filter(Boolean).join(' ')
}
