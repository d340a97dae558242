// The JSON-RPC endpoint of the in-memory Solana: what a client asks a node.
import { toBase64 } from '../../internal/base64.ts'
import { programs } from '../../methods/solana/assets.ts'
import { tokenAccountOf } from '../../methods/solana/token-account.ts'
import type { Answer, Incoming } from '../wire/messages.ts'
import { RpcError, serveJsonRpc } from './json-rpc.ts'
import type { SolanaChain } from './solana-chain.ts'

/** The rest of a cluster's genesis hash, whose beginning names it. */
const genesisEnds: Readonly<Record<string, string>> = {
  '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': 'Kuc147dw2N9d',
  EtWTRABZaYq6iMfeYKouRu166VU2xqa1: 'wcaWoxPkrZBG',
}

/** Answers what a payer asks: blockhashes and heights, the mint, balances, and the history of a token account. */
export function serveSolanaRpc(chain: SolanaChain, incoming: Incoming): Promise<Answer> {
  const slot = chain.height()
  const told = (value: unknown) => ({ context: { apiVersion: '3.0.0', slot }, value })
  return serveJsonRpc(incoming, (method, [first, second]) => {
    if (method === 'getGenesisHash') return genesisOf(chain)
    if (method === 'getBlockHeight') return slot
    if (method === 'getLatestBlockhash') return told(chain.latestBlockhash())
    if (method === 'isBlockhashValid') return told(chain.isValid(String(first)))
    if (method === 'getAccountInfo') return told(mintOf(chain, String(first)))
    if (method === 'getTokenAccountBalance') return told(balanceOf(chain, String(first)))
    if (method === 'getSignaturesForAddress') return historyOf(chain, String(first), second)
    throw new RpcError(-32601, 'Method not found')
  })
}

function genesisOf({ network }: SolanaChain): string {
  const reference = network.replace('solana:', '')
  return `${reference}${genesisEnds[reference]}`
}

/** The token's mint, which other clients ask for; no other account is shown. */
function mintOf({ asset }: SolanaChain, account: string) {
  if (account !== asset.mint) return null
  const data = new Uint8Array(82)
  // Its decimals, and that it exists.
  data.set([6, 1], 44)
  const state = { executable: false, lamports: 1_461_600, owner: programs.token, rentEpoch: 0, space: 82 }
  return { ...state, data: [toBase64(data), 'base64'] }
}

/** The owner of a token account; `undefined` if nobody has it. */
function ownerOf({ asset, owners }: SolanaChain, account: string): string | undefined {
  return owners().find((owner) => tokenAccountOf(owner, asset.mint) === account)
}

function balanceOf(chain: SolanaChain, account: string) {
  const owner = ownerOf(chain, account)
  if (owner === undefined) throw new RpcError(-32602, 'Invalid param: could not find account')
  const amount = chain.balanceOf(owner)
  const uiAmount = Number(amount) / 1e6
  return { amount: amount.toString(), decimals: 6, uiAmount, uiAmountString: String(uiAmount) }
}

function historyOf(chain: SolanaChain, account: string, options: unknown) {
  const owner = ownerOf(chain, account)
  const limit = Number((options as { limit?: unknown } | undefined)?.limit ?? 1000)
  return (owner === undefined ? [] : chain.historyOf(owner))
    .slice(0, limit)
    .map(({ transaction, memo, at }) => ({
      signature: transaction,
      slot: Math.floor(at / 250),
      err: null,
      memo: memo === '' ? null : `[${memo.length}] ${memo}`,
      blockTime: Math.floor(at / 1000),
      confirmationStatus: 'finalized',
    }))
}
