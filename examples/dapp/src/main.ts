// Wires the page: settings, wallet, client, and the three parts that show them.
import type { Attempt, ProposedPayment, StableStudioClient } from 'stablestudio'
import { type Address, type EIP1193Provider, getAddress, parseUnits } from 'viem'
import { openKeep } from './keep.ts'
import { createMaker, type Maker, type View } from './maker.ts'
import { loadSettings, networkName, type Settings } from './settings.ts'
import { formatUsd, leftOf } from './spending.ts'
import { createStudio, walletClientOf } from './studio.ts'
import { askApproval, dismissApproval } from './ui/approval.ts'
import { createComposer } from './ui/composer.ts'
import { byId } from './ui/dom.ts'
import { createHistory, isUnsure } from './ui/history.ts'
import { createSpendCorner } from './ui/spend.ts'
import { createStage } from './ui/stage.ts'
import { createWalletCorner } from './ui/wallet-button.ts'
import { accountOf, discoverWallets, type WalletChoice, watched } from './wallets.ts'

/** Which wallet was connected last, so that a reload finds it again without asking. */
const lastWallet = 'last-wallet'

type Connected = {
  account: Address
  /** The wallet's account, or the page's own for small amounts. */
  payer: Address
  provider: EIP1193Provider
  choice: WalletChoice
  studio: StableStudioClient
  maker: Maker
}

async function start(): Promise<void> {
  const settings = await loadSettings()
  // Loaded before anyone can press a button, so that the choice of wallets is whole.
  const demo = settings.sandbox && (await demoWallet(settings))
  const keep = openKeep(settings.sandbox ? 'darkroom-sandbox' : 'darkroom')
  const readOnly = createStudio({ settings, approve: async () => false })
  const wallets: WalletChoice[] = []
  let connected: Connected | undefined
  let busy = false
  let refreshes = 0
  let left = leftOf([], settings.limits)
  showBadge(settings)

  const stage = createStage({
    suggest: (prompt) => composer.suggest(prompt),
    stop: () => connected?.maker.stop(),
    collect: (id) => void connected?.maker.collect(id),
    findOut: (creation) => void connected?.maker.findOut(creation),
  })
  const history = createHistory({
    open: (creation) => show({ kind: 'done', creation }),
    collect: (id) => void connected?.maker.collect(id),
    findOut: (creation) => void connected?.maker.findOut(creation),
  })
  const corner = createWalletCorner({
    connect: (wallet) => void connect(wallet, false),
    disconnect,
  })
  const spendCorner = createSpendCorner(settings, (usesIt) => {
    // Whoever pays is another client.
    if (connected) void use(connected.choice, connected.provider, connected.account, usesIt)
  })
  const composer = createComposer(settings, {
    quote: async (operation, input, signal) =>
      (connected?.studio ?? readOnly).quote(operation, input, { signal }),
    make: (quote) => {
      // Asks the browser to keep the ledger also when space runs out.
      void navigator.storage?.persist?.()
      void connected?.maker.make(quote)
    },
    connect: () => corner.choose(),
  })

  function show(view: View): void {
    const now = view.kind === 'busy'
    if (!now) dismissApproval()
    stage.show(view)
    if (now === busy) return
    busy = now
    void refresh()
  }

  async function refresh(): Promise<void> {
    refreshes += 1
    const mine = refreshes
    const attempts: Attempt[] = []
    for await (const attempt of readOnly.payments()) attempts.push(attempt)
    attempts.sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    const kept = new Map((await keep.all()).map((creation) => [creation.id, creation]))
    // A later one knows more.
    if (mine !== refreshes) return
    left = leftOf(attempts, settings.limits)
    const account = connected?.account
    const payer = connected?.payer
    const entries = attempts.map((attempt) => {
      const creation = kept.get(attempt.idempotencyKey ?? '')
      // Only the wallet that paid may collect.
      return { attempt, creation, mine: payer !== undefined && (creation?.payer ?? payer) === payer }
    })
    const unsure = entries.some((entry) => entry.mine && isUnsure(entry.attempt))
    composer.update({ connected: account !== undefined, busy, unsure, left })
    history.show(entries, { left, busy })
    corner.show({ account, wallets, busy })
    spendCorner.show({ attempts, busy, owner: connected && walletClientOf(connected) })
  }

  async function connect(choice: WalletChoice, silently: boolean): Promise<void> {
    const provider = watched(choice.provider, (asking) => stage.asking(asking))
    try {
      const account = await accountOf(provider, silently)
      if (!account) return
      await use(choice, provider, getAddress(account))
    } catch (error) {
      const rejected = (error as { code?: unknown } | null)?.code === 4001
      corner.say(
        rejected ? 'The wallet said no. Nothing was connected.' : 'The wallet could not be connected.',
      )
    }
  }

  async function use(
    choice: WalletChoice,
    provider: EIP1193Provider,
    account: Address,
    usesSpend = spendCorner.isUsed(),
  ): Promise<void> {
    corner.say('')
    localStorage.setItem(lastWallet, choice.id)
    if (settings.sandbox) await fund(account)
    const spend = usesSpend ? await spendCorner.account() : undefined
    // The account pays small amounts within the limits: pressing the button is all it takes.
    const approve = async (payment: ProposedPayment) =>
      spend ? true : askApproval(payment, leftAfter(payment.usd))
    const studio = createStudio({ settings, wallet: { provider, account }, spend, approve })
    const payer = spend?.address ?? account
    const maker = createMaker({ studio, keep, payer, show, changed: () => void refresh() })
    connected = { account, payer, provider, choice, studio, maker }
    await refresh()
    await maker.resume()
  }

  function disconnect(): void {
    connected?.maker.stop()
    connected = undefined
    localStorage.removeItem(lastWallet)
    stage.show({ kind: 'idle' })
    void refresh()
  }

  function leftAfter(usd: string): string {
    const after = parseUnits(left.today, 6) - parseUnits(usd, 6)
    return after < 0n ? 'not enough' : `$${formatUsd(after)}`
  }

  function found(wallet: WalletChoice): void {
    wallets.push(wallet)
    wallet.provider.on?.('accountsChanged', ([first]) => {
      if (connected?.choice !== wallet || busy) return
      if (first) void connect(wallet, true)
      else disconnect()
    })
    corner.show({ account: connected?.account, wallets, busy })
    if (localStorage.getItem(lastWallet) === wallet.id && !connected) void connect(wallet, true)
  }

  // Another tab may have paid meanwhile.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && !busy) void refresh()
  })
  stage.show({ kind: 'idle' })
  discoverWallets(found)
  if (demo) found(demo)
  await refresh()
}

async function demoWallet({ network, rpc }: Settings): Promise<WalletChoice> {
  const { createDemoWallet } = await import('./demo-wallet.ts')
  const provider = createDemoWallet(Number(network.split(':')[1]), rpc)
  return { id: 'demo', name: 'Demo wallet (play money)', provider }
}

function showBadge({ sandbox, network }: Settings): void {
  const badge = byId('badge')
  badge.hidden = !sandbox && network === 'eip155:8453'
  badge.textContent = sandbox ? 'Sandbox' : networkName(network)
  badge.title = sandbox ? 'Play money: nothing here costs anything.' : ''
}

/** The sandbox fills up every wallet that comes by. */
async function fund(account: Address): Promise<void> {
  await fetch(`/sandbox/fund?address=${account}`, { method: 'POST' })
}

start().catch((error: unknown) => {
  byId('stage').textContent = `This page could not be started. ${error instanceof Error ? error.message : ''}`
})
