// "Top up once": the account of this page, which pays without a prompt. What it holds, and how many prompts it saved.
import { type Attempt, isStableStudioError } from 'stablestudio'
import { createSpendAccount, type SpendAccount, type SpendTransfer } from 'stablestudio/browser'
import type { WalletClient } from 'viem'
import type { Settings } from '../settings.ts'
import { byId, h } from './dom.ts'

/** Whether it pays, also after a reload. */
const place = 'pays-from-spend'
const topUp = '2'
/** One to pay, one to sign in and collect. */
const promptsOfPicture = 2

type State = { attempts: readonly Attempt[]; busy: boolean; owner: WalletClient | undefined }

export type SpendCorner = {
  show(state: State): void
  isUsed(): boolean
  /** Opened, or made, when it is first needed. */
  account(): Promise<SpendAccount>
}

/** @param changed whether it pays from now on. */
export function createSpendCorner(settings: Settings, changed: (usesIt: boolean) => void): SpendCorner {
  const section = byId('spend')
  const title = h('h2', { id: 'spend-title' }, 'Top up once')
  const sum = h('p', { class: 'soft sum' })
  const note = h('p', { class: 'soft small', role: 'status' })
  const use = h('input', { type: 'checkbox', id: 'use-spend', change: () => choose(use.checked) })
  const add = h('button', { type: 'button', class: 'quiet', click: () => void deposit() }, `Top up $${topUp}`)
  const back = h('button', { type: 'button', class: 'quiet', click: () => void withdraw() }, 'Take it back')
  const risk = 'The money lies in this browser: clearing its site data loses what is left, at most $10.'
  section.append(
    h('div', { class: 'history-head' }, title, sum),
    h(
      'p',
      { class: 'soft' },
      'An account of this page for small amounts. Your wallet is asked once, not for each picture.',
    ),
    h('p', { class: 'spend-row' }, add, back, h('label', { for: 'use-spend' }, use, ' Pay from it')),
    note,
    h('p', { class: 'soft small' }, risk),
  )
  let opened: Promise<SpendAccount> | undefined
  let state: State = { attempts: [], busy: false, owner: undefined }
  let moving = false

  const account = () => {
    const { network, rpc, origin, sandbox } = settings
    opened ??= createSpendAccount({ name: sandbox ? 'darkroom-sandbox' : 'darkroom', network, rpc, origin })
    return opened
  }
  const isUsed = () => localStorage.getItem(place) === 'yes'

  function choose(usesIt: boolean): void {
    localStorage.setItem(place, usesIt ? 'yes' : 'no')
    changed(usesIt)
  }

  function say(text: string): void {
    note.textContent = text
  }

  async function move(work: (spend: SpendAccount) => Promise<SpendTransfer>, done: string): Promise<boolean> {
    moving = true
    render()
    try {
      const { usd, earlier } = await work(await account())
      say(earlier ? `$${usd} ${done} by your earlier request.` : `$${usd} ${done}.`)
      return true
    } catch (error) {
      say(isStableStudioError(error) ? `${error.shortMessage} ${error.details ?? ''}` : 'That did not work.')
      return false
    } finally {
      moving = false
      render()
    }
  }

  const options = { onPrompt: ({ text }: { text: string }) => say(text) }
  async function deposit(): Promise<void> {
    const { owner } = state
    if (owner && (await move((spend) => spend.deposit(owner, topUp, options), 'was added')) && !isUsed())
      choose(true)
  }
  async function withdraw(): Promise<void> {
    const { owner } = state
    if (
      owner &&
      (await move((spend) => spend.withdraw(owner, 'all', options), 'went back to your wallet')) &&
      isUsed()
    )
      choose(false)
  }

  function render(): void {
    const { busy, owner, attempts } = state
    section.hidden = owner === undefined
    use.checked = isUsed()
    for (const control of [use, add, back]) control.disabled = busy || moving
    if (owner && (opened || isUsed())) void tellBalance(attempts)
  }

  async function tellBalance(attempts: readonly Attempt[]): Promise<void> {
    try {
      const spend = await account()
      const made = attempts.filter(({ receipt }) => receipt?.payer === spend.address).length
      const { available } = await spend.balance()
      const saved = made > 0 ? ` · ${made * promptsOfPicture} prompts saved` : ''
      sum.textContent = `$${available} to spend${saved}`
    } catch (error) {
      sum.textContent = isStableStudioError(error) ? error.shortMessage : ''
    }
  }

  return {
    account,
    isUsed,
    show(next) {
      state = next
      render()
    },
  }
}
