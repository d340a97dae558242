// mppx pays x402 offers through its `evm` method. It knows no SIGN-IN-WITH-X, so the text comes from its peer viem.
import { Mppx } from 'mppx/client'
import { evm } from 'mppx/evm/client'
import type { LocalAccount } from 'viem'
import { createSiweMessage } from 'viem/siwe'
import { type Challenge, pollUntilDone } from '../lib/poll.ts'
import { type Generate, input, operation, origin, type Setup } from '../lib/subject.ts'

const headers = { 'content-type': 'application/json' }

export function create({ account, fetch }: Setup): Generate {
  const paying = Mppx.create({ polyfill: false, fetch, methods: [evm({ account })] })
  const submit = async () => {
    const body = JSON.stringify(input)
    const paid = await paying.fetch(`${origin}/api/generate/${operation}`, { method: 'POST', headers, body })
    return ((await paid.json()) as { jobId: string }).jobId
  }
  return async () => pollUntilDone(fetch, await submit(), (answer) => answerChallenge(account, answer))
}

async function answerChallenge(account: LocalAccount, answer: Response): Promise<string> {
  const required = JSON.parse(Buffer.from(answer.headers.get('payment-required') ?? '', 'base64').toString())
  const info = required.extensions['sign-in-with-x'].info as Challenge
  const message = createSiweMessage({
    address: account.address,
    chainId: Number(info.chainId.split(':')[1]),
    domain: info.domain,
    uri: info.uri,
    version: '1',
    nonce: info.nonce,
    statement: info.statement,
    issuedAt: new Date(info.issuedAt),
    expirationTime: new Date(info.expirationTime),
  })
  const signature = await account.signMessage({ message })
  return Buffer.from(JSON.stringify({ ...info, address: account.address, signature })).toString('base64')
}
