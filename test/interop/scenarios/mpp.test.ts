// Payment by MPP: our client and mppx's own credentials, against the sandbox and against the real router with real mppx.
import { describe, expect, test } from 'vitest'
import { type MppMode, mpp } from '../../../src/entries/mpp.ts'
import { memoryStore, StableStudioClient } from '../../../src/index.ts'
import { onBoth } from '../support/same.ts'
import { input } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()
const operation = 'nano-banana/generate'

type Credential = { challenge: object; payload: object }
type Bend = (credential: Credential) => object | undefined

async function setup(stack: Stack, usd = '1', mode: MppMode = 'pull', bend?: Bend) {
  const account = await stack.wallet('payer', '0')
  if (Number(usd) > 0) stack.tempo.fund(account.address, usd)
  const { url, tempo } = stack
  const paid: { request: Request; answer: Response }[] = []
  const send: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const header = request.headers.get('authorization')
    if (request.method !== 'POST' || !header) return fetch(request)
    const credential = JSON.parse(Buffer.from(header.slice(8), 'base64url').toString())
    const bent = Buffer.from(JSON.stringify(bend?.(credential) ?? credential)).toString('base64url')
    request.headers.set('authorization', `Payment ${bent}`)
    const kept = request.clone()
    const answer = await fetch(request)
    paid.push({ request: kept, answer: answer.clone() })
    return answer
  }
  const studio = new StableStudioClient({
    payWith: [mpp({ account, rpcUrl: tempo.rpcUrl, mode })],
    store: memoryStore(),
    baseUrl: url,
    origin: url,
    blobUrl: `${url}/api/blob/`,
    fetch: send,
  })
  const seen = async () => ({
    balance: tempo.balance(account.address),
    moved: tempo.settlements(account.address).map(({ to, amount }) => ({ to, amount })),
    attempts: (await all(studio.payments())).map(({ state, usd: paid }) => ({ state, paid })),
    jobs: (await all(studio.jobs.list())).length,
  })
  /** The first paid request as it was sent, with what it was answered. */
  const first = () => {
    const [one] = paid
    if (!one) throw new Error('nothing was paid')
    return one
  }
  return { studio, seen, first }
}

async function all<value>(values: AsyncIterable<value>): Promise<value[]> {
  const list: value[] = []
  for await (const value of values) list.push(value)
  return list
}

async function told(response: Response) {
  const text = await response.text()
  const { error, ...rest } = text.startsWith('{') ? JSON.parse(text) : { error: text }
  const says = String(error).split(':')[0]
  const headers = ['payment-receipt', 'payment-required', 'www-authenticate'].filter((name) =>
    response.headers.has(name),
  )
  return { status: response.status, says, fields: Object.keys(rest).sort(), headers }
}

describe.each(['pull', 'push'] as const)('a generation paid by %s', (mode) => {
  test('ends in a picture, a receipt and one transfer', async () => {
    const seen = await same(async (stack) => {
      const { studio, seen } = await setup(stack, '1', mode)
      const image = await studio.run(operation, input)
      const [settled] = stack.tempo.settlements((await stack.wallets.get('payer'))?.address ?? '0x')
      const { usd, network, asset } = image.receipt
      const named = image.receipt.transaction === settled?.transaction
      return { receipt: { usd, network, asset, named }, kind: image.kind, ...(await seen()) }
    })
    expect(seen).toMatchObject({ balance: '0.93', jobs: 1, receipt: { usd: '0.07', named: true } })
  })

  test('whose answer is lost is paid once, and its job is found', async () => {
    const seen = await same(async (stack) => {
      const { studio, seen } = await setup(stack, '1', mode)
      stack.cutNextPaidAnswer()
      await studio.submit(operation, input)
      return seen()
    })
    expect(seen).toMatchObject({ balance: '0.93', jobs: 1, attempts: [{ state: 'settled' }] })
  })

  test('is taken once: the same request again pays for nothing', async () => {
    await same(async (stack) => {
      const { studio, seen, first } = await setup(stack, '1', mode)
      await studio.submit(operation, input)
      const again = await fetch(first().request)
      const { balance, moved } = await seen()
      return { status: again.status === 200 ? 'paid again' : 'refused', balance, moved }
    })
  })
})

describe('a credential', () => {
  const bent = async (stack: Stack, bend: Bend) => {
    const { studio, seen, first } = await setup(stack, '1', 'pull', bend)
    await studio.submit(operation, input, { timeout: 2_500 }).catch(() => {})
    const { moved, balance } = await seen()
    return { ...(await told(first().answer)), moved, balance }
  }

  test.each([
    ['that is genuine', () => undefined],
    [
      'with another id',
      (one: { challenge: object }) => ({ ...one, challenge: { ...one.challenge, id: 'x' } }),
    ],
    [
      'with another realm',
      (one: { challenge: object }) => ({ ...one, challenge: { ...one.challenge, realm: 'evil.example' } }),
    ],
    [
      'with a later end',
      (one: { challenge: object }) => ({
        ...one,
        challenge: { ...one.challenge, expires: '2036-01-01T00:00:00.000Z' },
      }),
    ],
    [
      'without a transaction',
      (one: object) => ({ ...one, payload: { type: 'transaction', signature: '0x76' } }),
    ],
    [
      'with an unknown hash',
      (one: object) => ({ ...one, payload: { type: 'hash', hash: `0x${'1'.repeat(64)}` } }),
    ],
    [
      'that is a proof',
      (one: { payload: object }) => ({ ...one, payload: { ...one.payload, type: 'proof' } }),
    ],
  ])('%s is answered alike, and moves the same', async (_what, change) => {
    await same((stack) => bent(stack, change as Bend))
  })
})

describe('a proof', () => {
  test('reads the account’s jobs, and counts once', async () => {
    await same(async (stack) => {
      const { studio } = await setup(stack)
      const job = await studio.submit(operation, input)
      const { id, status } = await studio.jobs.get(job.id)
      return { same: id === job.id, known: typeof status }
    })
  })
})
