// Solana's own virtual machine (LiteSVM) behind the JSON-RPC of a node, with USDC at its address on mainnet.
import {
  type Address,
  address,
  getAddressEncoder,
  getBase58Decoder,
  getBase64Encoder,
  getCompiledTransactionMessageDecoder,
  getProgramDerivedAddress,
  getTransactionDecoder,
} from '@solana/kit'
import { FailedTransactionMetadata, LiteSVM } from 'litesvm'
import { serve } from './http.ts'

export const solanaUsdc = address('EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v')
const tokenProgram = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA')
const tokenAccounts = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')
const system = address('11111111111111111111111111111111')
const memoProgram = 'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'
const lighthouse = address('L2TExMFKdjpN9kozasaurPirfHy9P8sbXoAN1qA3S95')
const genesis = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'

/** A transaction that was taken. */
export type SolanaTransaction = { signature: string; accounts: readonly string[]; memo: string | undefined }

export type RealSolana = {
  rpcUrl: string
  fund(owner: string, usd: string): Promise<void>
  /** SOL for fees. */
  endow(owner: string): void
  /** USD; `undefined` without a token account. */
  balance(owner: string): Promise<string | undefined>
  /** That move tokens of this owner, oldest first. */
  transactions(owner: string): Promise<SolanaTransaction[]>
  /** A minute passes: no older blockhash is good any more. */
  expire(): void
  close(): void
}

const encoder = getAddressEncoder()
const bytesOf = (one: Address) => new Uint8Array(encoder.encode(one))

async function tokenAccountOf(owner: string): Promise<Address> {
  const seeds = [address(owner), tokenProgram, solanaUsdc].map((one) => encoder.encode(one))
  const [account] = await getProgramDerivedAddress({ programAddress: tokenAccounts, seeds })
  return account
}

const u64 = (value: bigint) => new Uint8Array(new BigUint64Array([value]).buffer)

export async function startSolana(): Promise<RealSolana> {
  const svm = new LiteSVM()
  const taken: SolanaTransaction[] = []
  let height = 430_000_000
  const put = (at: Address, data: Uint8Array, owner: Address, lamports = 10_000_000n) => {
    const space = BigInt(data.length)
    svm.setAccount({
      address: at,
      data,
      executable: false,
      lamports: lamports as never,
      programAddress: owner,
      space,
    })
  }
  const mint = new Uint8Array(82)
  mint.set([1, 0, 0, 0])
  mint.set(u64(10n ** 15n), 36)
  mint.set([6, 1], 44)
  put(solanaUsdc, mint, tokenProgram)
  // Like Lighthouse, the memo program takes any data without accounts.
  const memoCode = svm.getAccount(address(memoProgram))
  if (memoCode.exists) svm.setAccount({ ...memoCode, address: lighthouse })
  const balanceAt = (account: Address) => {
    const { exists, ...rest } = svm.getAccount(account)
    const data = exists && 'data' in rest ? (rest.data as Uint8Array) : undefined
    return data && new DataView(data.buffer, data.byteOffset).getBigUint64(64, true)
  }
  const told = (value: unknown) => ({ context: { apiVersion: '3.0.0', slot: height }, value })
  const methods: Record<string, (...params: never[]) => unknown> = {
    getGenesisHash: () => genesis,
    getBlockHeight: () => height,
    getSlot: () => height,
    getLatestBlockhash: () => told({ blockhash: svm.latestBlockhash(), lastValidBlockHeight: height + 150 }),
    isBlockhashValid: (blockhash: string) => told(blockhash === svm.latestBlockhash()),
    getAccountInfo: (account: Address) => {
      const found = svm.getAccount(account)
      if (!found.exists) return told(null)
      const data = [Buffer.from(found.data).toString('base64'), 'base64']
      const { executable, lamports, programAddress: owner } = found
      return told({
        data,
        executable,
        lamports: Number(lamports),
        owner,
        rentEpoch: 0,
        space: found.data.length,
      })
    },
    getTokenAccountBalance: (account: Address) => {
      const amount = balanceAt(account)
      if (amount === undefined) throw new Error('Invalid param: could not find account')
      return told({ amount: String(amount), decimals: 6, uiAmountString: String(Number(amount) / 1e6) })
    },
    simulateTransaction: (base64: string, options?: { sigVerify?: boolean }) => {
      svm.withSigverify(options?.sigVerify === true)
      const result = svm.simulateTransaction(decode(base64))
      svm.withSigverify(true)
      const failed = result instanceof FailedTransactionMetadata
      const unitsConsumed = Number(result.meta().computeUnitsConsumed())
      return told({ err: failed ? errorOf(result) : null, logs: result.meta().logs(), unitsConsumed })
    },
    sendTransaction: (base64: string) => {
      const transaction = decode(base64)
      const [first] = Object.values(transaction.signatures)
      const signature = getBase58Decoder().decode(first ?? new Uint8Array(64))
      const message = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes)
      const accounts: readonly string[] = message.staticAccounts
      const note = message.instructions.find((one) => accounts[one.programAddressIndex] === memoProgram)
      // A node takes anything that is well signed; what cannot be processed never lands.
      if (!(svm.sendTransaction(transaction) instanceof FailedTransactionMetadata))
        taken.push({ signature, accounts, memo: note?.data && new TextDecoder().decode(note.data) })
      return signature
    },
    getSignatureStatuses: (signatures: readonly string[]) => told(signatures.map(statusOf)),
    getSignaturesForAddress: (account: string, options?: { limit?: number }) =>
      taken
        .filter(({ accounts }) => accounts.includes(account))
        .reverse()
        .slice(0, options?.limit ?? 1000)
        .map(({ signature, memo }) => ({
          ...{ signature, slot: height, err: null, confirmationStatus: 'confirmed' },
          ...{
            memo: memo === undefined ? null : `[${memo.length}] ${memo}`,
            blockTime: Math.floor(Date.now() / 1000),
          },
        })),
  }
  const statusOf = (signature: string) =>
    taken.some((one) => one.signature === signature)
      ? { slot: height, confirmations: 1, err: null, confirmationStatus: 'confirmed', status: { Ok: null } }
      : null
  const served = await serve(async (request) => {
    const { id, method, params = [] } = await request.json()
    try {
      return Response.json({ jsonrpc: '2.0', id, result: methods[method]?.(...(params as never[])) })
    } catch (error) {
      return Response.json({
        jsonrpc: '2.0',
        id,
        error: { code: -32602, message: String((error as Error).message) },
      })
    }
  })
  return {
    rpcUrl: served.url,
    async fund(owner, usd) {
      const account = await tokenAccountOf(owner)
      const data = new Uint8Array(165)
      data.set(bytesOf(solanaUsdc))
      data.set(bytesOf(address(owner)), 32)
      data.set(u64((balanceAt(account) ?? 0n) + BigInt(Math.round(Number(usd) * 1e6))), 64)
      data[108] = 1
      put(account, data, tokenProgram)
    },
    endow: (owner) => put(address(owner), new Uint8Array(0), system, 10_000_000_000n),
    async balance(owner) {
      const amount = balanceAt(await tokenAccountOf(owner))
      return amount === undefined ? undefined : String(Number(amount) / 1e6)
    },
    async transactions(owner) {
      const account = await tokenAccountOf(owner)
      return taken.filter(({ accounts }) => accounts.includes(account))
    },
    expire() {
      svm.expireBlockhash()
      height += 151
    },
    close: served.close,
  }
}

function decode(base64: string) {
  return getTransactionDecoder().decode(getBase64Encoder().encode(base64))
}

/** The names that LiteSVM has as numbers. */
const errors: Record<number, string> = {
  2: 'AccountNotFound',
  6: 'AlreadyProcessed',
  7: 'BlockhashNotFound',
  11: 'SignatureFailure',
}
const instructionErrors: Record<number, string> = {
  3: 'InvalidAccountData',
  6: 'IncorrectProgramId',
  7: 'MissingRequiredSignature',
  9: 'UninitializedAccount',
  36: 'ComputationalBudgetExceeded',
  39: 'ProgramFailedToComplete',
  47: 'IllegalOwner',
}

/** As a node's JSON has it. */
function errorOf(failed: FailedTransactionMetadata): unknown {
  const error = failed.err()
  if (typeof error === 'number') return errors[error] ?? `Error${error}`
  if (!('index' in error) || !('err' in error)) return String(error)
  const inner = error.err()
  if (typeof inner === 'number')
    return { InstructionError: [error.index, instructionErrors[inner] ?? `Error${inner}`] }
  return { InstructionError: [error.index, 'code' in inner ? { Custom: inner.code } : String(inner)] }
}
