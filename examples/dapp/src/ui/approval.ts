// The page's own question before the wallet's: how much, to whom, on which network.
import type { ProposedPayment } from 'stablestudio'
import { modelName } from '../models.ts'
import { networkName } from '../settings.ts'
import { h } from './dom.ts'

/** Resolves to `true` only when the owner presses the button that pays. */
export function askApproval(payment: ProposedPayment, leftToday: string): Promise<boolean> {
  const { usd, payTo, network, operation } = payment
  const fact = (name: string, value: Node | string) => [h('dt', {}, name), h('dd', {}, value)]
  const close = (answer: string) => () => dialog.close(answer)
  const refuse = h('button', { type: 'button', class: 'quiet', click: close('no') }, 'Do not pay')
  const dialog = h(
    'dialog',
    { class: 'approval', 'aria-labelledby': 'approval-title' },
    h('h2', { id: 'approval-title' }, 'Pay ', h('strong', {}, `$${usd}`), '?'),
    h(
      'dl',
      {},
      ...fact('For', modelName(operation)),
      ...fact('Amount', `${usd} USDC, once`),
      h('dt', {}, 'To'),
      h('dd', { class: 'payee mono' }, payTo),
      ...fact('Network', networkName(network)),
      ...fact('Left today afterwards', leftToday),
    ),
    h('p', { class: 'soft' }, 'Your wallet asks next. It signs this one payment, not an allowance.'),
    h(
      'div',
      { class: 'actions' },
      refuse,
      h('button', { type: 'button', class: 'primary', click: close('yes') }, `Pay $${usd}`),
    ),
  )
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
    document.body.append(dialog)
    dialog.showModal()
    // A second press of Enter must not pay.
    refuse.focus()
  })
}

/** Closes a question whose payment has ended meanwhile. */
export function dismissApproval(): void {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close('no')
}
