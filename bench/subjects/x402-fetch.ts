// The official packages: the wrapped fetch pays, the official helpers answer each sign-in challenge. Their
// `wrapFetchWithSIWx` passes over a challenge that asks for no payment, so the helpers are called one by one.

import { decodePaymentRequiredHeader } from '@x402/core/http'
import { ExactEvmScheme } from '@x402/evm'
import {
  type CompleteSIWxInfo,
  createSIWxPayload,
  encodeSIWxHeader,
  SIGN_IN_WITH_X,
} from '@x402/extensions/sign-in-with-x'
import { wrapFetchWithPaymentFromConfig } from '@x402/fetch'
import { pollUntilDone } from '../lib/poll.ts'
import { type Generate, input, operation, origin, type Setup } from '../lib/subject.ts'

const headers = { 'content-type': 'application/json' }

export function create({ account, fetch }: Setup): Generate {
  const paying = wrapFetchWithPaymentFromConfig(fetch, {
    schemes: [{ network: 'eip155:8453', client: new ExactEvmScheme(account) }],
  })
  const answerChallenge = async (answer: Response) => {
    const { extensions } = decodePaymentRequiredHeader(answer.headers.get('payment-required') ?? '')
    const challenge = extensions?.[SIGN_IN_WITH_X] as { info: CompleteSIWxInfo } | undefined
    if (!challenge) throw new Error('There is no challenge.')
    return encodeSIWxHeader(await createSIWxPayload(challenge.info, account, origin))
  }
  const submit = async () => {
    const body = JSON.stringify(input)
    const paid = await paying(`${origin}/api/generate/${operation}`, { method: 'POST', headers, body })
    return ((await paid.json()) as { jobId: string }).jobId
  }
  return async () => pollUntilDone(fetch, await submit(), answerChallenge)
}
