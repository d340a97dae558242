// One call of a tool, whatever the library and the protocol: when it ends, how it tells its progress, and how it asks a
// person. Both eras of the protocol and both major versions of the library hand over different objects.
import { own } from '../internal/json.ts'
import { nap } from '../internal/time.ts'
import { Refusal } from './refusal.ts'
import { looseObject, string } from './zod.ts'

/** What a client answers to a question. */
export type Answer = { action?: unknown; content?: unknown }

/** A question to a person, as the protocol has it. */
export type Question = { message: string; requestedSchema: object }

type Notify = (notification: { method: string; params: object }) => Promise<void>

/** What the libraries pass to a tool beside its arguments: version 2 has it in `mcpReq`, version 1 on top. */
export type Extra = {
  mcpReq?: {
    signal: AbortSignal
    _meta?: { progressToken?: string | number }
    envelope?: Record<string, unknown>
    inputResponses?: unknown
    requestState(): unknown
    notify: Notify
    send(request: object, options: object): Promise<unknown>
  }
  signal?: AbortSignal
  _meta?: { progressToken?: string | number }
  sendNotification?: Notify
  sendRequest?(request: object, schema: object, options: object): Promise<unknown>
}

export type ToolCall = {
  extra: Extra
  signal: AbortSignal | undefined
  /** ms until the call must have been answered. */
  left(): number
  /** @throws {Refusal} when nobody gets the answer any more: no payment begins. */
  requireOpen(): void
  /** What clients of the older protocol said of themselves. */
  clientCapabilities(): unknown
}

/** Whether the client speaks the protocol of 2026, in which it carries the state of a call. */
export function isModern({ extra }: ToolCall): boolean {
  return extra.mcpReq?.envelope !== undefined
}

/** Whether the client says that it can ask a person. */
export function canAsk(call: ToolCall): boolean {
  const capabilities = isModern(call)
    ? call.extra.mcpReq?.envelope?.['io.modelcontextprotocol/clientCapabilities']
    : call.clientCapabilities()
  const elicitation = own(capabilities, 'elicitation')
  if (typeof elicitation !== 'object' || elicitation === null) return false
  return 'form' in elicitation || !('url' in elicitation)
}

/** Asks over the open call, which is how the protocol of 2025 does it. Rejects when there is no answer in time. */
export async function ask(call: ToolCall, question: Question): Promise<Answer> {
  const request = { method: 'elicitation/create', params: question }
  // A little less than the call has, so that the answer can say that there was none.
  const options = { timeout: Math.max(1, Math.round(call.left() * 0.95)), signal: call.signal }
  const { mcpReq, sendRequest } = call.extra
  const answer = mcpReq
    ? mcpReq.send(request, options)
    : sendRequest?.(request, looseObject({ action: string() }), options)
  return ((await answer) ?? {}) as Answer
}

const progressEveryMs = 2_000

/** Tells how long the call has taken, until `done` settles. Clients may show it; most do not wait longer for it. */
export async function report(
  extra: Extra,
  expectedSeconds: number | undefined,
  done: Promise<unknown>,
): Promise<void> {
  const token = (extra.mcpReq ?? extra)._meta?.progressToken
  const notify = extra.mcpReq?.notify ?? extra.sendNotification
  if (token === undefined || !notify) return
  const ended = new AbortController()
  const end = () => ended.abort()
  done.then(end, end)
  const startedAt = Date.now()
  while (!ended.signal.aborted) {
    await nap(progressEveryMs, ended.signal)
    if (ended.signal.aborted) return
    const progress = Math.round((Date.now() - startedAt) / 100) / 10
    const params = { progressToken: token, progress, ...(expectedSeconds && { total: expectedSeconds }) }
    await notify({ method: 'notifications/progress', params }).catch(end)
  }
}

/**
 * Runs a tool for at most so long.
 *
 * @param late the answer when it takes longer; the work may go on, but begins no payment any more.
 */
export async function bounded<result>(
  { extra, waitMs, clientCapabilities }: { extra: Extra; waitMs: number; clientCapabilities: () => unknown },
  work: (call: ToolCall) => Promise<result>,
  late: () => result | Promise<result>,
): Promise<result> {
  const endsAt = Date.now() + waitMs
  const { signal } = extra.mcpReq ?? extra
  const left = () => Math.max(0, endsAt - Date.now())
  let isOver = false
  const requireOpen = () => {
    if (isOver || signal?.aborted)
      throw new Refusal(
        'aborted',
        'The call ended before anything was paid.',
        'Call again with the same arguments.',
      )
  }
  const running = work({ extra, signal, left, requireOpen, clientCapabilities })
  running.catch(() => {})
  let timer: ReturnType<typeof setTimeout> | undefined
  const over = new Promise<result>((resolve) => {
    timer = setTimeout(() => {
      isOver = true
      resolve(late())
    }, waitMs)
  })
  try {
    return await Promise.race([running, over])
  } finally {
    clearTimeout(timer)
  }
}
