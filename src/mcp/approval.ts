// Asks a person before a payment from a price on. Never by an argument, which the model would fill in.
import { own } from '../internal/json.ts'
import { parseUsd } from '../internal/usd.ts'
import { ask, canAsk, isModern, type ToolCall } from './call.ts'
import type { Settings } from './options.ts'
import { createRequestStateCodec, inputRequired } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** What is to be paid. */
export type Proposal = { key: string; usd: string; operation: string }

/** `approved`: it may be paid. `ask`: the result with which a client of 2026 asks, and calls again. */
export type Approval = { approved: true } | { ask: object }

export type Approve = (call: ToolCall, proposal: Proposal) => Promise<Approval>

const requestedSchema = {
  type: 'object' as const,
  properties: {
    approve: { type: 'boolean' as const, title: 'Approve this payment', default: false },
  },
  required: ['approve'],
}

/** A person may take so long to answer. */
const answerSeconds = 600

/** @throws {Refusal} `approval_denied` by what the function returns, unless a person approved. */
export function createApproval({ askAbove, address, secret }: Settings): Approve {
  const codec = createRequestStateCodec<{ key: string; usd: string }>({
    key: secret ?? crypto.getRandomValues(new Uint8Array(32)),
    ttlSeconds: answerSeconds,
  })
  return async (call, { key, usd, operation }) => {
    if (!asksFrom(askAbove, usd)) return { approved: true }
    if (!canAsk(call)) throw denied()
    const from = address === undefined ? 'your wallet' : address
    const message = `Pay $${usd} in USDC from ${from} for ${operation}? A yes pays once, and nothing else.`
    if (!isModern(call)) {
      const answer = await ask(call, { message, requestedSchema }).catch(() => ({}))
      if (!isYes(answer)) throw denied()
      return { approved: true }
    }
    const { mcpReq } = call.extra
    const [state, answers] = [mcpReq?.requestState(), mcpReq?.inputResponses]
    if (state === undefined && answers === undefined) {
      const requestState = await codec.mint({ key, usd })
      return {
        ask: inputRequired({
          inputRequests: { approve: inputRequired.elicit({ message, requestedSchema }) },
          requestState,
        }),
      }
    }
    // What comes back is the client's word: the seal says what was asked.
    const asked = await codec.verify(String(state), {} as never).catch(() => undefined)
    if (asked?.key !== key || !isYes(own(answers, 'approve'))) throw denied()
    if (micros(usd) > micros(asked.usd)) throw risen(asked.usd, usd)
    return { approved: true }
  }
}

/** Whether a person is asked for a payment of so much. */
export function asksFrom(askAbove: string | undefined, usd: string): boolean {
  return askAbove !== undefined && micros(usd) >= micros(askAbove)
}

function isYes(answer: unknown): boolean {
  return own(answer, 'action') === 'accept' && own(own(answer, 'content'), 'approve') === true
}

const micros = (usd: string) => parseUsd(usd) ?? 0n

function denied(): Refusal {
  return new Refusal(
    'approval_denied',
    'Nothing was paid. The prompt was declined or never shown: the owner can raise `--ask-above`.',
    'Tell the user, and do not try again unasked.',
  )
}

function risen(asked: string, now: string): Refusal {
  return new Refusal(
    'price_changed',
    `Nothing was paid. $${asked} was approved, and now it costs $${now}.`,
    'Call again to have the new price approved.',
  )
}
