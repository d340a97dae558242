// The list of payments: the client's ledger, with the prompt and the picture that this browser keeps of each.
import type { Attempt } from 'stablestudio'
import type { Creation } from '../keep.ts'
import { isWaiting } from '../maker.ts'
import { modelName } from '../models.ts'
import { networkName, transactionUrl } from '../settings.ts'
import type { Left } from '../spending.ts'
import { byId, h, outside } from './dom.ts'

export type Entry = {
  attempt: Attempt
  creation?: Creation | undefined
  /** Whether the connected wallet can do something about it. */
  mine: boolean
}

export type HistoryActions = {
  open(creation: Creation): void
  collect(id: string): void
  findOut(creation: Creation | undefined): void
}

const states: Record<Attempt['state'], readonly [text: string, tone: string]> = {
  reserved: ['Set aside', 'open'],
  signed: ['Signed, not sent', 'open'],
  sent: ['On its way', 'open'],
  unknown: ['Not known yet', 'open'],
  settled: ['Paid', 'paid'],
  rejected: ['Refused, not paid', 'none'],
  released: ['Not paid', 'none'],
}

export type History = {
  show(entries: readonly Entry[], state: { left: Left; busy: boolean }): void
}

export function createHistory(actions: HistoryActions): History {
  const place = byId('history')
  let urls: string[] = []
  const list = h('ul', { class: 'payments' })
  const sum = h('p', { class: 'soft sum' })
  const none = h('p', { class: 'soft none' }, 'Payments made in this browser will be listed here.')
  place.append(
    h('div', { class: 'history-head' }, h('h2', { id: 'history-title' }, 'Payments'), sum),
    none,
    list,
  )
  return {
    show(entries, { left, busy }) {
      for (const url of urls) URL.revokeObjectURL(url)
      urls = []
      const pictureOf = ({ picture }: Creation) => {
        const url = picture && URL.createObjectURL(picture)
        if (url) urls.push(url)
        return url
      }
      none.hidden = entries.length > 0
      sum.textContent = entries.length > 0 ? `$${left.spent} in all · $${left.total} left in total` : ''
      const rows = entries.map((entry) => {
        return rowOf(entry, { actions, busy, url: entry.creation && pictureOf(entry.creation) })
      })
      list.replaceChildren(...rows)
    },
  }
}

type RowOptions = { actions: HistoryActions; busy: boolean; url: string | undefined }

function rowOf({ attempt, creation, mine }: Entry, { actions, busy, url }: RowOptions): HTMLElement {
  const [state, tone] = stateOf(attempt, creation)
  const model = modelName(attempt.operation)
  const prompt = String(creation?.input.prompt ?? model)
  const opens = creation?.picture
    ? h(
        'button',
        {
          type: 'button',
          class: 'thumb',
          disabled: busy,
          'aria-label': `Show ${prompt.slice(0, 80)}`,
          click: () => actions.open(creation),
        },
        h('img', { src: url, alt: '', loading: 'lazy' }),
      )
    : h('span', { class: 'thumb blank', 'aria-hidden': 'true' })
  return h(
    'li',
    { 'data-state': attempt.state },
    opens,
    h(
      'div',
      { class: 'what' },
      h('p', { class: 'line' }, prompt),
      h(
        'p',
        { class: 'soft small' },
        creation ? `${model} · ` : '',
        when(attempt.createdAt),
        ...linkOf(attempt),
      ),
    ),
    h('p', { class: 'how', 'data-tone': tone }, state),
    h('p', { class: 'usd' }, `$${attempt.usd}`),
    ...(mine && !busy ? helpOf({ attempt, creation, mine }, actions) : []),
  )
}

/** The one thing that helps this payment, if any does. */
function helpOf({ attempt, creation }: Entry, actions: HistoryActions): HTMLElement[] {
  const help = (name: string, click: () => void) => [
    h('button', { type: 'button', class: 'quiet', click }, name),
  ]
  if (creation && isWaiting(creation)) return help('Collect', () => actions.collect(creation.id))
  if (isUnsure(attempt)) return help('Find out', () => actions.findOut(creation))
  return []
}

/** Sent, and no answer says what became of it: nothing should be bought meanwhile. */
export function isUnsure({ state }: Attempt): boolean {
  return state === 'sent' || state === 'unknown'
}

function stateOf(attempt: Attempt, creation: Creation | undefined): readonly [string, string] {
  if (attempt.state !== 'settled') return states[attempt.state]
  if (creation?.failure !== undefined) return ['Paid, no picture', 'failed']
  if (creation && isWaiting(creation)) return ['Paid, to collect', 'open']
  return states.settled
}

function when(iso: string): HTMLElement {
  const text = new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return h('time', { datetime: iso }, text)
}

function linkOf({ receipt }: Attempt): (Node | string)[] {
  const url = receipt && transactionUrl(receipt.network, receipt.transaction)
  if (!receipt || !url) return []
  return [' · ', outside(url, networkName(receipt.network), 'The transaction on Basescan, opens a new page')]
}
