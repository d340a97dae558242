// `wallet`: key files of this machine. `balance` and `fund`: what the account holds, and where to send more.
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { renderUnicodeCompact } from 'uqr'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { InvalidInputError, WalletError } from '../../index.ts'
import { givenPassword, listAccounts, readKey, walletFileOf } from '../../local/accounts.ts'
import { readWalletFile, type SolanaFacts, writeWalletFile } from '../../local/keystore.ts'
import { exits } from '../exit-codes.ts'
import type { Flags } from '../flags.ts'
import { cannotRead } from '../orders/files.ts'
import { findAccount, openSettings, requireAccount, withSession } from '../session.ts'
import { table } from '../terminal/text.ts'
import type { Ui } from '../terminal/ui.ts'

const shortest = 12

type Kept = { key: `0x${string}`; password: string; solana?: SolanaFacts }

export async function create(name: string, flags: Flags): Promise<number> {
  return keep(name, flags, async (ui) => ({ key: generatePrivateKey(), password: await newPassword(ui) }))
}

/** A key in hexadecimal, from stdin or a file, or a wallet file of another program, which keeps its password. */
export async function take(
  name: string,
  source: string,
  flags: Flags & { solana?: boolean },
): Promise<number> {
  return keep(name, flags, async (ui) => {
    const content = await (source === '-' ? text(process.stdin) : readFile(source, 'utf8')).catch((cause) => {
      throw cannotRead(source, cause)
    })
    if (flags.solana) {
      const { readSolanaKey } = await import('../../local/solana-key.ts')
      const key = await readSolanaKey(content)
      return { ...key, password: await newPassword(ui) }
    }
    if (source !== '-' && content.trimStart().startsWith('{')) {
      const file = await readWalletFile(source)
      const password = await passwordFor(ui, `Password of ${source}`)
      return { key: await file.decrypt(password), password }
    }
    const key = readKey(source === '-' ? 'What came on stdin' : source, content)
    return { key, password: await newPassword(ui) }
  })
}

async function keep(name: string, flags: Flags, take: (ui: Ui) => Promise<Kept>): Promise<number> {
  const { places, ui } = await openSettings(flags)
  const path = walletFileOf(places, name)
  if (
    await readWalletFile(path).then(
      () => true,
      (error) => !/cannot be read/.test(String(error)),
    )
  )
    throw new InvalidInputError(`There is a wallet ${name} already.`, {
      hint: 'It was left as it is. Choose another name.',
    })
  const { key, password, solana } = await take(ui)
  await writeWalletFile(path, key, password, solana)
  const address = solana?.address ?? privateKeyToAddress(key)
  if (flags.json) ui.json({ name, address, file: path })
  else ui.out(address)
  ui.note(`The wallet ${name} is in ${path}. Without its password nobody can use it, nor can you.`)
  ui.note(`Next: stablestudio fund --account ${name} --qr`)
  return exits.done
}

/** The password of the environment, or of the person at the terminal. */
async function passwordFor(ui: Ui, question: string, again = false): Promise<string> {
  const given = await givenPassword(process.env)
  if (given !== undefined) return given
  if (!ui.canAsk)
    throw new WalletError('A wallet needs a password, and nobody can be asked.', {
      code: 'wallet_failed',
      hint: 'Nothing was written. Set STABLESTUDIO_PASSWORD_FILE to a file that only you can read, or STABLESTUDIO_PASSWORD.',
    })
  const { askPassword } = await import('../terminal/prompts.ts')
  return again ? askTwice(question) : askPassword(question)
}

const newPassword = (ui: Ui) => passwordFor(ui, 'A password for the wallet', true)

async function askTwice(question: string): Promise<string> {
  const { askPassword } = await import('../terminal/prompts.ts')
  const first = await askPassword(question, {
    validate: (typed) =>
      typed.length < shortest
        ? `At least ${shortest} characters: the file is only as safe as its password.`
        : undefined,
  })
  await askPassword('The same password again', {
    validate: (typed) => (typed === first ? undefined : 'It is another one.'),
  })
  return first
}

export async function list(flags: Flags): Promise<number> {
  const { places, ui, config } = await openSettings(flags)
  const accounts = await listAccounts(places)
  if (flags.json) ui.json(accounts.map((account) => ({ ...account, address: account.address ?? null })))
  else
    for (const line of table(
      accounts.map(({ name, address, from }) => [
        name,
        address ?? 'address needs its password',
        from,
        ...(name === config.account ? ['default'] : []),
      ]),
    ))
      ui.out(line)
  if (accounts.length === 0) ui.note('There is none yet: stablestudio wallet new NAME')
  return exits.done
}

export async function address(flags: Flags): Promise<number> {
  const { ui, places, config } = await openSettings(flags)
  const account = await requireAccount({ account: await findAccount(flags, ui, places, config) })
  if (flags.json) ui.json({ name: account.name, address: account.address })
  else ui.out(account.address)
  return exits.done
}

export async function balance(flags: Flags): Promise<number> {
  return withSession(flags, async (session) => {
    const { address } = await requireAccount(session)
    const held = await session.studio.balance()
    if (held.length === 0)
      throw new InvalidInputError('No RPC is known that could tell the balance.', {
        hint: 'Nothing was paid. Set `--rpc URL`.',
      })
    if (flags.json) session.ui.json(held.map((one) => ({ address, ...one })))
    else
      for (const { usd, network } of held) session.ui.out(`$${usd} USDC on ${chainNames[network] ?? network}`)
    return exits.done
  })
}

const chainNames: Readonly<Record<string, string>> = {
  'eip155:8453': 'Base',
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'Solana',
}

export async function fund(flags: Flags & { qr?: boolean }): Promise<number> {
  const { ui, places, config } = await openSettings(flags)
  const account = await requireAccount({ account: await findAccount(flags, ui, places, config) })
  const [evm, solana] = Object.keys(chainNames)
  const network = 'solana' in account.pays ? solana : evm
  if (flags.json) ui.json({ address: account.address, network, asset: 'USDC' })
  else ui.out(account.address)
  if (flags.qr && !flags.json) ui.warn(renderUnicodeCompact(account.address))
  ui.note(
    `Send USDC on ${chainNames[network ?? '']} to this address, and nothing else: other tokens and networks are lost or of no use.`,
  )
  ui.note(
    `A few dollars are enough. It needs no ${'solana' in account.pays ? 'SOL' : 'ETH'}. Then: stablestudio balance`,
  )
  return exits.done
}
