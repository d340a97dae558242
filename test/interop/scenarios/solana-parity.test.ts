// What the client writes by hand, against the official packages: byte for byte.
import {
  address,
  appendTransactionMessageInstructions,
  blockhash as asBlockhash,
  compileTransaction,
  createKeyPairSignerFromBytes,
  createTransactionMessage,
  getAddressEncoder,
  getBase58Decoder,
  getBase58Encoder,
  getProgramDerivedAddress,
  isOffCurveAddress,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from '@solana/kit'
import { wrapFetchWithPayment, x402Client } from '@x402/fetch'
import { ExactSvmScheme } from '@x402/svm/exact/client'
import { describe, expect, test } from 'vitest'
import { solana, solanaKey } from '../../../src/entries/solana.ts'
import { StableStudioClient } from '../../../src/index.ts'
import { decode58, encode58 } from '../../../src/internal/base58.ts'
import { decodeTransaction } from '../../../src/methods/solana/decode.ts'
import { paymentMessage, transactionOf, transferOf } from '../../../src/methods/solana/message.ts'
import { isOnCurve, tokenAccountOf } from '../../../src/methods/solana/token-account.ts'
import { secret } from '../../support/solana-secret.ts'
import { startSolana } from '../real/solana-chain.ts'
import { onBoth } from '../support/same.ts'
import { input, path, post } from '../support/sign.ts'

const same = onBoth()
const mint = 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const randomKey = () => encode58(random(32))

describe('like @solana/kit,', () => {
  test('base58 is written and read', () => {
    for (let at = 0; at < 2_000; at += 1) {
      const bytes = random([32, 64][at % 2] ?? 32).fill(0, 0, at % 7 === 0 ? at % 31 : 0)
      const text = getBase58Decoder().decode(bytes)
      expect(encode58(bytes)).toBe(text)
      expect(decode58(text, bytes.length)).toEqual(Uint8Array.from(getBase58Encoder().encode(text)))
    }
  })

  test('points are told from others', () => {
    const edges = [
      ...['00'.repeat(32), `01${'00'.repeat(31)}`, `01${'00'.repeat(30)}80`, `ed${'ff'.repeat(30)}7f`],
      ...[`ee${'ff'.repeat(30)}7f`, `ec${'ff'.repeat(30)}7f`, 'ff'.repeat(32), `00${'00'.repeat(30)}80`],
    ].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))
    for (const bytes of [...edges, ...Array.from({ length: 1_000 }, () => random(32))]) {
      expect(isOnCurve(bytes), Buffer.from(bytes).toString('hex')).toBe(
        !isOffCurveAddress(address(encode58(bytes))),
      )
    }
  })

  test('token accounts are derived', async () => {
    const encoder = getAddressEncoder()
    const programAddress = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL')
    const program = address('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA')
    for (let at = 0; at < 200; at += 1) {
      const owner = randomKey()
      const seeds = [address(owner), program, address(mint)].map((one) => encoder.encode(one))
      const [account] = await getProgramDerivedAddress({ programAddress, seeds })
      expect(tokenAccountOf(owner, mint)).toBe(account)
    }
  })

  test('a message is compiled, whatever the order of its keys', () => {
    for (let at = 0; at < 200; at += 1) {
      const payment = {
        ...{
          payer: randomKey(),
          feePayer: randomKey(),
          payTo: randomKey(),
          mint: at % 2 ? mint : randomKey(),
        },
        ...{ amount: BigInt(`0x${Buffer.from(random(8)).toString('hex')}`), blockhash: randomKey() },
        memo: Buffer.from(random(16)).toString('hex'),
      }
      expect(paymentMessage(payment)).toEqual(compiledByKit(payment))
    }
  })
})

function compiledByKit(payment: Parameters<typeof paymentMessage>[0]): Uint8Array {
  const transfer = transferOf(payment)
  const compute = address('ComputeBudget111111111111111111111111111111')
  // Roles of kit: 0 read, 1 written, 2 signs.
  const accounts = transfer.accounts.map((one, n) => ({ address: address(one), role: [1, 0, 1, 2][n] ?? 0 }))
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (one) => setTransactionMessageFeePayer(address(payment.feePayer), one),
    (one) =>
      setTransactionMessageLifetimeUsingBlockhash(
        { blockhash: asBlockhash(payment.blockhash), lastValidBlockHeight: 1n },
        one,
      ),
    (one) =>
      appendTransactionMessageInstructions(
        [
          { programAddress: compute, data: Uint8Array.of(2, 0x20, 0x4e, 0, 0) },
          { programAddress: compute, data: Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 0, 0) },
          { programAddress: address(transfer.program), accounts, data: transfer.data },
          {
            programAddress: address('MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr'),
            data: new TextEncoder().encode(payment.memo),
          },
        ],
        one,
      ),
  )
  return Uint8Array.from(compileTransaction(message).messageBytes)
}

test('the whole transaction is the one of @x402/svm, signature included', async () => {
  const chain = await startSolana()
  try {
    for (let at = 0; at < 20; at += 1) {
      const bytes = await secret()
      const signer = await createKeyPairSignerFromBytes(bytes)
      const key = await solanaKey(bytes)
      expect(key.address).toBe(signer.address)
      const [payTo, feePayer] = [randomKey(), randomKey()]
      const network = 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'
      const terms = {
        scheme: 'exact',
        network,
        amount: '130000',
        asset: mint,
        payTo,
        maxTimeoutSeconds: 300,
      } as const
      const scheme = new ExactSvmScheme(signer, { rpcUrl: chain.rpcUrl })
      const { payload } = await scheme.createPaymentPayload(2, { ...terms, extra: { feePayer } })
      const official = Uint8Array.from(Buffer.from(String(payload.transaction), 'base64'))
      const decoded = decodeTransaction(official)
      const memo = new TextDecoder().decode(decoded?.instructions[3]?.data)
      expect(memo).toMatch(/^[0-9a-f]{32}$/)
      const blockhash = decoded?.blockhash ?? ''
      const payment = { payer: key.address, feePayer, payTo, mint, amount: 130_000n, blockhash, memo }
      const message = paymentMessage(payment)
      expect(transactionOf(message, await key.sign(message))).toEqual(official)
    }
  } finally {
    await chain.close()
  }
})

describe('others', () => {
  test('a signer of @solana/kit pays', async () => {
    const seen = await same(async (stack) => {
      const account = await createKeyPairSignerFromBytes(await secret())
      stack.solana.named.set(account.address, 'payer')
      await stack.solana.fund(account.address, '1')
      const { url } = stack
      const studio = new StableStudioClient({
        payWith: [solana({ account, rpc: stack.solana.rpcUrl })],
        baseUrl: url,
        origin: url,
      })
      const image = await studio.run('nano-banana/generate', input)
      return { receipt: image.receipt, balance: await stack.solana.balance(account.address) }
    })
    expect(seen).toMatchObject({ balance: '0.93', receipt: { payer: '{payer}' } })
  })

  test('@x402/fetch with @x402/svm pays', async () => {
    const seen = await same(async (stack) => {
      const signer = await createKeyPairSignerFromBytes(await secret())
      await stack.solana.fund(signer.address, '1')
      const scheme = new ExactSvmScheme(signer, { rpcUrl: stack.solana.rpcUrl })
      const client = new x402Client().register('solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', scheme)
      const response = await wrapFetchWithPayment(fetch, client)(`${stack.url}${path}`, post(input))
      return { status: response.status, balance: await stack.solana.balance(signer.address) }
    })
    expect(seen).toEqual({ status: 200, balance: '0.93' })
  })
})
