// MPP credentials of which something is missing, another's, or there twice, and what proofs are answered with.
import { tempo } from 'mppx/client'
import { createClient, http } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { tempo as chain } from 'viem/tempo/chains'
import { describe, expect, test } from 'vitest'
import { readChallenges } from '../../../src/methods/mpp/challenge.ts'
import { type Seen, see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { buy, input, path, post, signIn } from '../support/sign.ts'
import type { Stack } from '../support/stack.ts'

const same = onBoth()

type Credential = { challenge: Record<string, unknown>; payload: Record<string, unknown>; source?: string }

/** What mppx itself makes for a challenge. */
async function credentialOf(
  stack: Stack,
  account: PrivateKeyAccount,
  response: Response,
  mode?: 'push',
): Promise<Credential> {
  const challenge = readChallenges(response.headers.get('www-authenticate'))?.challenges[0]
  if (!challenge) throw new Error('no challenge')
  const client = createClient({ chain, transport: http(stack.tempo.rpcUrl) })
  const charge = tempo.charge({ account, getClient: () => client, ...(mode && { mode }) })
  const { encodedRequest: _encoded, parameters: _parameters, ...plain } = challenge
  const header = await charge.createCredential({ challenge: plain } as never)
  return JSON.parse(Buffer.from(header.slice(8), 'base64url').toString())
}

const encode = (value: unknown) => ({
  authorization: `Payment ${Buffer.from(JSON.stringify(value)).toString('base64url')}`,
})

type Bend = (credential: Credential) => unknown

async function payer(stack: Stack): Promise<PrivateKeyAccount> {
  const account = await stack.wallet('payer', '1')
  stack.tempo.fund(account.address, '1')
  return account
}

/** Ids of challenges and hashes of transactions differ from run to run. */
function known({ status, headers, body }: Seen) {
  const names = ['cache-control', 'payment-receipt', 'www-authenticate', 'payment-required', 'content-type']
  const says = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : { body }
  return {
    status,
    headers: names.filter((name) => name in headers),
    cache: headers['cache-control'],
    fields: Object.keys(says).sort(),
    // What the chain reverts with stands behind the reason.
    error: typeof says.error === 'string' ? says.error.replace(/0x\w+|"[\w-]{43}"/g, '{id}') : says.body,
  }
}

async function pay(stack: Stack, bend: Bend, mode?: 'push', times = 1) {
  const account = await payer(stack)
  const asked = await fetch(`${stack.url}${path}`, post(input))
  const credential = bend(await credentialOf(stack, account, asked, mode))
  const seen: unknown[] = []
  for (let at = 0; at < times; at += 1)
    seen.push(known(await see(stack, path, post(input, encode(credential)))))
  const headers = { 'sign-in-with-x': await signIn(stack, account) }
  const { items } = await (await fetch(`${stack.url}/api/jobs`, { headers })).json()
  const moved = stack.tempo.settlements(account.address).map(({ to, amount }) => ({ to, amount }))
  return { seen, jobs: items.length, moved }
}

const other = `0x${'11'.repeat(20)}`
const bends: [string, Bend][] = [
  ['as it is', (one) => one],
  ['without a source', ({ source: _none, ...rest }) => rest],
  ['with an empty source', (one) => ({ ...one, source: '' })],
  ['with a word as source', (one) => ({ ...one, source: 'me' })],
  ['with an address as source', (one) => ({ ...one, source: one.source?.split(':').at(-1) })],
  ['with a stranger as source', (one) => ({ ...one, source: `did:pkh:eip155:4217:${other}` })],
  ['with a source of another chain', (one) => ({ ...one, source: one.source?.replace('4217', '1') })],
  ['with null as source', (one) => ({ ...one, source: null })],
  ['without a payload', ({ payload: _none, ...rest }) => rest],
  ['with null as payload', (one) => ({ ...one, payload: null })],
  ['with a word as payload', (one) => ({ ...one, payload: 'pay' })],
  [
    'with a payload of no type',
    ({ payload: { type: _none, ...payload }, ...rest }) => ({ ...rest, payload }),
  ],
  ['with a payload of an unknown type', (one) => ({ ...one, payload: { ...one.payload, type: 'wish' } })],
  ['with a payload of nothing but its type', (one) => ({ ...one, payload: { type: one.payload.type } })],
  ['with a number as signature', (one) => ({ ...one, payload: { ...one.payload, signature: 5, hash: 5 } })],
  [
    'with an empty signature',
    (one) => ({ ...one, payload: { ...one.payload, signature: '0x', hash: '0x' } }),
  ],
  [
    'with a word as signature',
    (one) => ({ ...one, payload: { ...one.payload, signature: 'yes', hash: 'yes' } }),
  ],
  ['without a challenge', ({ challenge: _none, ...rest }) => rest],
  ['with a word as challenge', (one) => ({ ...one, challenge: 'yours' })],
  [
    'with a challenge without id',
    ({ challenge: { id: _none, ...challenge }, ...rest }) => ({ ...rest, challenge }),
  ],
  [
    'with a challenge without realm',
    ({ challenge: { realm: _none, ...challenge }, ...rest }) => ({ ...rest, challenge }),
  ],
  [
    'with a challenge without end',
    ({ challenge: { expires: _none, ...challenge }, ...rest }) => ({ ...rest, challenge }),
  ],
  [
    'with a challenge that ends at no time',
    (one) => ({ ...one, challenge: { ...one.challenge, expires: 'soon' } }),
  ],
  [
    'with a challenge whose request is none',
    (one) => ({ ...one, challenge: { ...one.challenge, request: '!' } }),
  ],
  ['with more fields', (one) => ({ ...one, more: 'hello' })],
  ['that is a list', (one) => [one]],
  ['that is null', () => null],
]

describe.each(['pull', 'push'] as const)('a credential by %s', (mode) => {
  const by = mode === 'push' ? mode : undefined

  test.each(bends)('%s is answered alike', async (_what, bend) => {
    await same((stack) => pay(stack, bend, by))
  })

  test.each(bends.slice(0, 2))('%s, sent three times, pays once', async (_what, bend) => {
    const { moved } = await same((stack) => pay(stack, bend, by, 3))
    expect(moved).toHaveLength(1)
  })
})

describe('a header', () => {
  test.each([
    'Payment',
    'Payment ',
    'Payment !',
    'Payment  x',
    'payment x',
    'Payment e30',
    'Bearer x',
    'Payment bnVsbA',
  ])('%j is answered alike', async (authorization) => {
    const seen = await same(async (stack) => [
      known(await see(stack, path, post(input, { authorization }))),
      known(await see(stack, '/api/jobs', { headers: { authorization } })),
    ])
    expect(seen).toHaveLength(2)
  })
})

describe('a proof', () => {
  const proven = async (stack: Stack, route: string, bend: Bend, init: RequestInit = {}, times = 1) => {
    const account = await payer(stack)
    const id = await buy(stack, account)
    const at = route.replace('{id}', id)
    const credential = bend(await credentialOf(stack, account, await fetch(`${stack.url}${at}`, init)))
    const seen: unknown[] = []
    for (let count = 0; count < times; count += 1) {
      const headers = { ...(init.headers as Record<string, string>), ...encode(credential) }
      seen.push(known(await see(stack, at, { ...init, headers })))
    }
    return seen
  }

  test.each(['/api/jobs', '/api/jobs/{id}', '/api/jobs/cnone'])(
    'of %s is answered with a receipt where it succeeds, and once',
    async (route) => {
      await same((stack) => proven(stack, route, (one) => one, {}, 2))
    },
  )

  test('for a deletion and a confirmation that fail has none', async () => {
    await same(async (stack) => [
      await proven(stack, '/api/jobs/{id}', (one) => one, { method: 'DELETE' }),
      await proven(
        stack,
        '/api/upload/confirm',
        (one) => one,
        post({ uploadId: 'x', blobUrl: 'https://a.example/' }),
      ),
    ])
  })

  test.each(bends.slice(1))('%s is answered alike', async (_what, bend) => {
    await same((stack) => proven(stack, '/api/jobs', bend))
  })
})
