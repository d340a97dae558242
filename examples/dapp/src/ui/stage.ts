// The right-hand side: nothing yet, the work with its steps, the picture with its receipt, or what went wrong.
import type { Creation } from '../keep.ts'
import type { View } from '../maker.ts'
import { modelName, shapeOfInput } from '../models.ts'
import { networkName, transactionUrl } from '../settings.ts'
import type { Told } from '../tell.ts'
import type { Asking } from '../wallets.ts'
import { announce, byId, h, outside } from './dom.ts'
import { createProgress } from './progress.ts'

export type StageActions = {
  suggest(prompt: string): void
  stop(): void
  collect(id: string): void
  findOut(creation: Creation): void
}

export type Stage = { show(view: View): void; asking(asking: Asking | undefined): void }

export function createStage(actions: StageActions): Stage {
  const stage = byId('stage')
  const progress = createProgress(actions.stop)
  let pictureUrl: string | undefined
  const replace = (...children: Node[]) => {
    if (pictureUrl) URL.revokeObjectURL(pictureUrl)
    pictureUrl = undefined
    stage.replaceChildren(...children)
  }
  return {
    asking: (asking) => progress.asking(asking),
    show(view) {
      stage.setAttribute('data-kind', view.kind)
      stage.setAttribute('aria-busy', String(view.kind === 'busy'))
      if (view.kind === 'busy') {
        if (!stage.contains(progress.element)) {
          replace(progress.element)
          stage.scrollIntoView({ block: 'nearest' })
        }
        progress.show(view)
        return
      }
      progress.end()
      if (view.kind === 'idle') replace(emptyFrame(actions))
      else if (view.kind === 'trouble') {
        const notice = troubleOf(view.told, view.creation, actions)
        replace(notice)
        announce(`${view.told.title} ${view.told.money.text}`)
        notice.focus()
      } else {
        const { picture } = view.creation
        const url = picture && URL.createObjectURL(picture)
        replace(doneOf(view.creation, url ?? view.creation.address))
        pictureUrl = url
        announce(`The picture is ready. ${paidText(view.creation)}`)
      }
    },
  }
}

const suggestions = [
  'A lighthouse on a basalt cliff, late evening',
  'Cross-section of a mechanical watch, ink and wash',
  'Sand dunes seen from far above, first light',
]

function emptyFrame(actions: StageActions): HTMLElement {
  const suggest = (prompt: string) => () => actions.suggest(prompt)
  return h(
    'div',
    { class: 'frame empty' },
    h('p', { class: 'empty-title' }, 'Nothing developed yet'),
    h('p', { class: 'soft' }, 'Describe a picture. You see its price before anything is signed.'),
    h(
      'div',
      { class: 'suggestions' },
      ...suggestions.map((one) => h('button', { type: 'button', class: 'chip', click: suggest(one) }, one)),
    ),
  )
}

function doneOf(creation: Creation, url: string | undefined): HTMLElement {
  const prompt = String(creation.input.prompt ?? '')
  const picture = h('img', { class: 'picture', alt: prompt, src: url })
  const { width, height } = shapeOfInput(creation.input)
  picture.style.aspectRatio = `${width} / ${height}`
  const type = creation.picture?.type.split('/')[1]?.replace('jpeg', 'jpg').replace('svg+xml', 'svg') ?? 'png'
  return h(
    'figure',
    { class: 'frame done' },
    h('div', { class: 'matte' }, picture),
    h(
      'figcaption',
      {},
      h('p', { class: 'caption' }, prompt),
      receiptOf(creation),
      url !== undefined &&
        h(
          'a',
          {
            class: 'button',
            href: url,
            target: '_blank',
            rel: 'noreferrer noopener',
            download: `darkroom-${creation.id.slice(0, 8)}.${type}`,
          },
          'Download',
        ),
    ),
  )
}

function paidText({ job }: Creation): string {
  return job ? `It cost $${job.receipt.usd}.` : ''
}

function receiptOf({ job, operation }: Creation): HTMLElement | undefined {
  if (!job) return undefined
  const { usd, network, transaction } = job.receipt
  const link = transactionUrl(network, transaction)
  return h(
    'p',
    { class: 'receipt' },
    h('strong', {}, `$${usd}`),
    ` paid once on ${networkName(network)} for ${modelName(operation)}`,
    link !== undefined && ' · ',
    link !== undefined && outside(link, 'Transaction', 'The transaction on Basescan, opens a new page'),
  )
}

const marks = { no: 'No money moved', yes: 'Paid', unknown: 'Not known yet' } as const

function troubleOf(told: Told, creation: Creation | undefined, actions: StageActions): HTMLElement {
  const id = creation?.id
  return h(
    'div',
    {
      class: 'frame trouble',
      tabindex: -1,
      role: 'group',
      'aria-labelledby': 'trouble-title',
      'data-code': told.code,
    },
    h('p', { class: 'money', 'data-moved': told.money.moved }, marks[told.money.moved]),
    h('h2', { id: 'trouble-title' }, told.title),
    h('p', { class: 'money-text' }, told.money.text),
    told.details !== undefined && h('p', { class: 'details' }, told.details),
    told.hint !== undefined && h('p', { class: 'soft' }, told.hint),
    told.next === 'collect' &&
      id !== undefined &&
      h(
        'button',
        { type: 'button', class: 'primary', click: () => actions.collect(id) },
        'Collect the picture',
      ),
    told.next === 'find-out' &&
      creation !== undefined &&
      h('button', { type: 'button', class: 'primary', click: () => actions.findOut(creation) }, 'Find out'),
  )
}
