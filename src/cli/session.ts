// What a command works with: the settings, the account and a client on this machine's ledger, or a sandbox of its own.
import type { StableStudioClient } from '../index.ts'
import type { Account, AskPassword } from '../local/accounts.ts'
import { type Config, readConfig } from '../local/config.ts'
import { type Places, placesOf } from '../local/places.ts'
import type { Flags } from './flags.ts'
import { createUi, type Ui } from './terminal/ui.ts'

export type Session = {
  ui: Ui
  studio: StableStudioClient
  /** Missing on the sandbox, and where there is no wallet. */
  account: Account | undefined
  config: Config
  /** Play money: nobody has to agree to it. */
  isSandbox: boolean
}

/** Settings and places alone: for commands that need no client. */
export async function openSettings(flags: Flags): Promise<{ ui: Ui; places: Places; config: Config }> {
  const places = placesOf(flags.data)
  return { ui: createUi(flags), places, config: await readConfig(places.config) }
}

/**
 * Runs a command with a client, and gives back what the client holds when it is over.
 *
 * @param needs `wallet` false: the command looks for none, so that a missing or locked one does not stop it.
 */
export async function withSession<result>(
  flags: Flags,
  work: (session: Session) => Promise<result>,
  needs: { wallet: boolean } = { wallet: true },
): Promise<result> {
  const session = flags.sandbox ? await openSandbox(flags) : await open(flags, needs.wallet)
  try {
    return await work(session)
  } finally {
    // The command's own result counts; idle shares are found by other processes, too.
    await session.studio.close().catch(() => {})
  }
}

async function open(flags: Flags, needsWallet: boolean): Promise<Session> {
  const { ui, places, config } = await openSettings(flags)
  const { openStudio } = await import('../local/open-studio.ts')
  const account = needsWallet ? await findAccount(flags, ui, places, config) : undefined
  const { service, rpc } = flags
  const studio = openStudio({ places, config, service, rpc, pays: account?.pays })
  return { ui, studio, account, config, isSandbox: false }
}

/** The account, which asks for its password at the terminal when it has to. */
export async function findAccount(
  { account, keystore }: Flags,
  ui: Ui,
  places: Places,
  config: Config,
): Promise<Account | undefined> {
  const { openAccount } = await import('../local/accounts.ts')
  const ask: AskPassword = async (name, signal) => {
    if (!ui.canAsk) return undefined
    const { askPassword } = await import('./terminal/prompts.ts')
    return askPassword(`Password of ${name}`, { signal })
  }
  return openAccount(places, { account, keystore }, ask, config.account)
}

/** @throws {WalletError} when there is no wallet. */
export async function requireAccount(session: Pick<Session, 'account'>): Promise<Account> {
  if (session.account) return session.account
  const { noAccount } = await import('../local/accounts.ts')
  throw noAccount()
}

/** A service in memory, which lives as long as the command, and a wallet with play money. */
async function openSandbox(flags: Flags): Promise<Session> {
  const [{ StableStudioClient }, { createSandbox }, { generatePrivateKey, privateKeyToAccount }] =
    await Promise.all([import('../index.ts'), import('../entries/sandbox.ts'), import('viem/accounts')])
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ speed: 10 })
  sandbox.fund(wallet.address, '100')
  const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch })
  const account = { name: 'sandbox', address: wallet.address, pays: { wallet }, unlock: async () => {} }
  return { ui: createUi(flags), studio, account, config: {}, isSandbox: true }
}
