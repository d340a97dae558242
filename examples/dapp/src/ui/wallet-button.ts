// The corner of the wallet: connect, choose between several, see which account pays.
import type { WalletChoice } from '../wallets.ts'
import { address, byId, h } from './dom.ts'

export type WalletCorner = {
  show(state: { account?: string | undefined; wallets: readonly WalletChoice[]; busy: boolean }): void
  /** Offers the wallets, or connects at once when there is only one. */
  choose(): void
  say(text: string): void
}

export function createWalletCorner(actions: {
  connect(wallet: WalletChoice): void
  disconnect(): void
}): WalletCorner {
  const corner = byId('wallet')
  let wallets: readonly WalletChoice[] = []
  const note = h('p', { class: 'wallet-note', role: 'alert', hidden: true })
  const place = h('div', { class: 'wallet-place' })
  corner.append(place, note)

  const say = (text: string) => {
    note.hidden = text === ''
    note.textContent = text
  }
  function choose(): void {
    say('')
    const [only] = wallets
    if (!only) say('No wallet was found in this browser. Install one, then reload this page.')
    else if (wallets.length === 1) actions.connect(only)
    else document.body.append(chooser())
  }

  function chooser(): HTMLDialogElement {
    const pick = (wallet: WalletChoice) => () => {
      dialog.close()
      actions.connect(wallet)
    }
    const dialog = h(
      'dialog',
      { class: 'choose', 'aria-labelledby': 'choose-title', close: () => dialog.remove() },
      h('h2', { id: 'choose-title' }, 'Which wallet?'),
      ...wallets.map((wallet) =>
        h(
          'button',
          { type: 'button', class: 'quiet choice', click: pick(wallet) },
          wallet.icon !== undefined && h('img', { src: wallet.icon, alt: '', width: 24, height: 24 }),
          wallet.name,
        ),
      ),
      h('button', { type: 'button', class: 'plain', click: () => dialog.close() }, 'Not now'),
    )
    queueMicrotask(() => dialog.showModal())
    return dialog
  }

  return {
    choose,
    say,
    show({ account, wallets: known, busy }) {
      wallets = known
      place.replaceChildren(
        account === undefined
          ? h('button', { type: 'button', class: 'quiet', click: choose }, 'Connect')
          : h(
              'button',
              {
                type: 'button',
                class: 'quiet account',
                title: 'Disconnect',
                disabled: busy,
                click: () => actions.disconnect(),
              },
              h('span', { class: 'dot' }),
              address(account),
              h('span', { class: 'hidden' }, ' is connected. Disconnect.'),
            ),
      )
    },
  }
}
