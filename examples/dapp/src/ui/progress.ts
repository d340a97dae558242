// The steps of one creation while it is made: where it stands, what the wallet is asked, when the next look is due.
import type { Progress } from 'stablestudio'
import type { View } from '../maker.ts'
import { modelName, shapeOfInput } from '../models.ts'
import type { Asking } from '../wallets.ts'
import { announce, h } from './dom.ts'

type Phase = Progress['phase']
type Busy = Extract<View, { kind: 'busy' }>

const steps: readonly (readonly [Phase, name: string])[] = [
  ['quote', 'Price'],
  ['approve', 'Approval'],
  ['sign', 'Signature'],
  ['pay', 'Payment'],
  ['poll', 'Picture'],
]

const asked: Record<Asking, string> = {
  connect: 'Your wallet asks to connect.',
  pay: 'Look at your wallet: it asks for the payment.',
  send: 'Look at your wallet: it asks to send a transaction.',
  'sign-in': 'Look at your wallet: it asks for a sign-in to collect the picture. That moves no money.',
  chain: 'Look at your wallet: it asks to change the network.',
}

const doing: Record<Phase, string> = {
  input: 'Reading your input',
  upload: 'Uploading',
  quote: 'Asking for the price',
  check: 'Checking the offer',
  approve: 'Waiting for your approval',
  sign: 'Waiting for your wallet',
  pay: 'Paying',
  poll: 'Paid. The picture is being made',
  output: 'Fetching the picture',
}

export type ProgressPart = {
  element: HTMLElement
  show(view: Busy): void
  asking(asking: Asking | undefined): void
  end(): void
}

export function createProgress(stop: () => void): ProgressPart {
  const title = h('h2', {})
  const list = h('ol', { class: 'steps' })
  const bar = h('progress', { max: 100, 'aria-label': 'Progress of the picture' })
  const time = h('p', { class: 'soft time' })
  const wallet = h('p', { class: 'ask', hidden: true })
  const stopButton = h('button', { type: 'button', class: 'quiet', click: stop }, 'Stop')
  const safe = h('p', { class: 'soft' })
  // Holds free the place of the picture.
  const plate = h('div', { class: 'plate', 'aria-hidden': 'true' })
  const element = h('div', { class: 'frame busy' }, plate, title, list, bar, time, wallet, safe, stopButton)
  let view: Busy | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  let startedAt = 0
  let nextAt: number | undefined

  const tick = () => {
    const { expectedMs } = view?.progress ?? {}
    const elapsed = Date.now() - startedAt
    const share = expectedMs ? Math.min(96, (100 * elapsed) / (expectedMs * 1.3)) : 0
    if (phaseOf(view) === 'poll') bar.value = Math.max(share, view?.progress?.progress ?? 0)
    else bar.removeAttribute('value')
    const told = phaseOf(view) === 'poll' ? [spent(elapsed, expectedMs), next(nextAt)] : []
    time.textContent = told.filter(Boolean).join(' · ')
  }

  return {
    element,
    show(now) {
      const before = phaseOf(view)
      const phase = phaseOf(now)
      if (view?.creation.id !== now.creation.id) startedAt = startOf(now)
      const wait = now.progress?.nextPollInMs
      if (now.progress !== view?.progress) nextAt = wait === undefined ? undefined : Date.now() + wait
      view = now
      const { width, height } = shapeOfInput(now.creation.input)
      plate.style.aspectRatio = `${width} / ${height}`
      title.textContent = now.finding ? 'Finding out what became of the payment…' : `${doing[phase]}…`
      list.hidden = now.finding === true
      stopButton.hidden = now.finding === true
      list.replaceChildren(...steps.map(([step, name]) => stepOf(step, name, phase)))
      safe.textContent = now.usd && phase === 'poll' ? safety(now) : ''
      stopButton.textContent = phase === 'poll' || phase === 'output' ? 'Stop waiting' : 'Cancel'
      if (before !== phase) announce(`${title.textContent} ${safe.textContent}`)
      if (phase === 'poll' && before !== 'poll') startedAt = startOf(now)
      timer ??= setInterval(tick, 250)
      tick()
    },
    asking(asking) {
      wallet.hidden = asking === undefined
      wallet.textContent = asking ? asked[asking] : ''
      if (asking) announce(asked[asking])
    },
    end() {
      clearInterval(timer)
      timer = undefined
      view = undefined
      wallet.hidden = true
    },
  }
}

function phaseOf(view: Busy | undefined): Phase {
  return view?.progress?.phase ?? (view?.creation.job ? 'poll' : 'quote')
}

/** The service began when it was paid, however often the page was loaded since. */
function startOf({ creation }: Busy): number {
  const began = Date.parse(creation.job?.createdAt ?? '')
  return Number.isNaN(began) ? Date.now() : Math.min(began, Date.now())
}

function stepOf(step: Phase, name: string, phase: Phase): HTMLElement {
  const order = steps.map(([one]) => one)
  const [at, now] = [order.indexOf(step), phase === 'output' ? order.length : order.indexOf(phase)]
  const state = at < now ? 'past' : at === now ? 'now' : 'next'
  return h('li', { class: state, 'aria-current': state === 'now' ? 'step' : undefined }, name)
}

function safety({ creation, usd }: Busy): string {
  return `$${usd} for ${modelName(creation.operation)} is paid. You can close this page: it goes on from here.`
}

function spent(ms: number, expectedMs: number | undefined): string {
  const seconds = `${Math.max(0, Math.floor(ms / 1000))} s`
  return expectedMs ? `${seconds} of about ${Math.round(expectedMs / 1000)} s` : seconds
}

function next(at: number | undefined): string {
  const seconds = Math.ceil(((at ?? 0) - Date.now()) / 1000)
  return seconds > 0 ? `next look in ${seconds} s` : ''
}
