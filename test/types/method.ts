// A payment method written outside the package, from exported types alone. Checked by `tsc`; never run.
import {
  type Challenge,
  type LateSignature,
  type MethodIo,
  type Offer,
  type Payer,
  type PaymentHeader,
  type PaymentMethod,
  type PreparedPayment,
  type PreparePayment,
  type Protocol,
  type RecordedPayment,
  type Rpc,
  type SelectedOffer,
  type Settlement,
  type SignedPayment,
  StableStudioClient,
  type Wallet,
  x402,
} from 'stablestudio'

type Deadline = Parameters<PreparedPayment['sign']>[0]

const protocol: Protocol = 'tabs'
const payer: Payer = { address: '0x70997970C51812dc3A010C7d01b50e0d17dc79C8', prompts: false }

function offerIn({ headers, body, resources, now }: Challenge): Offer | undefined {
  const amount = headers.get('x-tab')
  if (amount === null || !resources.includes(body) || now < 0) return undefined
  return {
    protocol,
    amount: BigInt(amount),
    network: 'tab:1',
    asset: 'usd',
    payTo: 'shop',
    validityMs: 60_000,
  }
}

const header: PaymentHeader = ['X-Tab', 'signed']

async function sign(deadline: Deadline, late?: LateSignature): Promise<SignedPayment> {
  const milliseconds: number = deadline.left()
  const over: boolean = deadline.passed()
  const signal: AbortSignal | undefined = deadline.signal
  if (over || milliseconds === 0 || signal?.aborted) late?.(undefined)
  return { header, transaction: '0x1', validBefore: 1 }
}

const prepare: PreparePayment = (wallet: Wallet | undefined, now: number): PreparedPayment => ({
  payer: wallet?.address ?? payer.address,
  nonce: '1',
  validBefore: Math.floor(now / 1000) + 60,
  final: true,
  sign,
})

export const whole: PaymentMethod = {
  id: 'tabs',
  protocol,
  account: payer,
  select(challenge): SelectedOffer | undefined {
    const offer = offerIn(challenge)
    return offer && { offer, prepare, reusable: false }
  },
  settlement: (headers): Settlement | undefined =>
    headers.has('x-tab-paid') ? { success: true, transaction: '1', pending: false, reason: 'x' } : undefined,
  prove: async (challenge: Challenge, deadline: Deadline) =>
    challenge.now > 0 && !deadline.passed() ? header : undefined,
  isSameAddress: (one: string, other: string) => one === other,
  isTaken: async ({ network, asset, payer, payTo, nonce }: RecordedPayment, { fetch, signal }: MethodIo) => {
    const asked = await fetch(`https://tabs.example/${[network, asset, payer, payTo, nonce].join('/')}`, {
      signal: signal ?? null,
    })
    return asked.ok
  },
}

/** All that a method must have. */
export const least: PaymentMethod = {
  id: 'least',
  protocol: 'least',
  select: () => undefined,
  settlement: () => undefined,
}

/** A method may be made of another one. */
export const renamed: PaymentMethod = { ...x402({ rpc: 'https://mainnet.base.org' }), id: 'mine' }

export const client = () => new StableStudioClient({ payWith: [whole, least, renamed, x402()] })

export const rpc: Rpc = { request: async () => '0x' }

// @ts-expect-error an id is how the ledger knows the method again
export const nameless: PaymentMethod = { protocol, select: () => undefined, settlement: () => undefined }
// @ts-expect-error an amount is in atomic units, never a float
export const inexact: Offer = { protocol, amount: 0.17, network: 'x', asset: 'x', payTo: 'x', validityMs: 1 }
// @ts-expect-error a payment is one header with its value
export const headless: SignedPayment = { header: ['X-Tab'] }
