// What the code blocks of the documents use without saying where it is from, because it is the reader's own.
// `npm run docs:check` compiles the blocks with these names, and with what earlier blocks of the same page declare.
import type { StableStudioClient } from 'stablestudio'
import type { LocalAccount, WalletClient } from 'viem'

declare global {
  /** A client as the page's first words, or those of the README, make it. */
  const studio: StableStudioClient
  /** A wallet that signs by itself, and one that asks a person. */
  const wallet: LocalAccount
  const account: LocalAccount
  const walletClient: WalletClient
  /** Shows a person something. */
  function show(text: string): void
  /** The reader's order, whose id names the payment. */
  const orderId: string
  /** A queue of messages, one of them, and a place for files. */
  const queue: { send(message: string): Promise<void> }
  const message: string
  function save(file: Blob): Promise<void>
  /** What `wrangler types` writes for a Worker with assets. */
  type Env = { ASSETS: { fetch(request: Request): Promise<Response> } }
}
