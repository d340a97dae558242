// What an agent reads: one JSON object as text. Of an error it says what is wrong, whether money moved, and what to do.
import { isStableStudioError, type StableStudioError } from '../index.ts'
import { safeText } from '../internal/text.ts'
import { Refusal } from './refusal.ts'

type Text = { type: 'text'; text: string }
type Image = { type: 'image'; data: string; mimeType: string }

/** A tool's result. Without `structuredContent`: hosts that find it drop pictures and texts. */
export type Result = { content: (Text | Image)[]; isError?: true }

export function said(value: object, ...more: Image[]): Result {
  return { content: [{ type: 'text', text: JSON.stringify(value) }, ...more] }
}

/** What a failed call says beside its error. */
export type Facts = { job_id?: string | undefined; attempt_id?: string | undefined }

export function failed(error: unknown, facts: Facts = {}): Result {
  return { ...said({ ...explain(error), ...facts }), isError: true }
}

const longestText = 600
const longestMessage = 1_500

/** Text of others, for its own field only: an agent should not take it for ours. */
export function quoted(text: string | undefined): { service_says?: string } {
  const clean = safeText((text ?? '').replace(/^It said: /, '').slice(0, 4 * longestText))
  return clean ? { service_says: clean } : {}
}

type Explained = { error: string; charged: 'no' | 'yes' | 'unknown'; message: string; next: string }

function explain(error: unknown): Explained & { service_says?: string } & Facts {
  if (error instanceof Refusal)
    return {
      error: error.code,
      charged: error.charged,
      message: error.message.slice(0, longestMessage),
      next: error.next,
    }
  if (!isStableStudioError(error)) {
    const message = `The tool failed: ${safeText(error instanceof Error ? error.message : String(error))}`
    return { error: 'internal', charged: 'unknown', message, next: lookFirst }
  }
  const { code, shortMessage, details, payment, job, attemptId } = error
  const ours = isOurs(error)
  return {
    error: code,
    charged: chargedBy(payment),
    message: [shortMessage, ours && details, uploadsPaid(error)]
      .filter(Boolean)
      .join(' ')
      .slice(0, longestMessage),
    next: nextFor(error),
    ...(!ours && quoted(details)),
    ...(job && { job_id: job.id }),
    ...(attemptId !== undefined && { attempt_id: attemptId }),
  }
}

/** What the client says of files that were uploaded for a generation that was not paid. */
function uploadsPaid({ hint = '' }: StableStudioError): string | undefined {
  return /^The generation was not paid; its uploads were \([^)]*\)[^.]*\./.exec(hint)?.[0]
}

/** Whether an error's details are this package's own words. Others may quote the service or a facilitator. */
function isOurs({ name, code, phase }: StableStudioError): boolean {
  if (name === 'InvalidInputError') return phase === 'input'
  if (name === 'LimitExceededError' || code === 'insufficient_funds') return true
  return /^price_above_|^max_price_|^job_timeout$/.test(code)
}

function chargedBy(payment: StableStudioError['payment']): Explained['charged'] {
  if (payment === 'settled') return 'yes'
  // Signed, and not known to be sent: the process may have died in between.
  return payment === 'none' || payment === 'rejected' ? 'no' : 'unknown'
}

const lookFirst = 'Do not generate again. Call list_jobs to see what became of it, and tell the user.'
/** After a limit. */
export const onlyOwner =
  'Only the owner can raise limits. Do not try cheaper variants unasked: tell the user what was asked, the limit and what is spent.'

function nextFor(error: StableStudioError): string {
  const { code, payment, hint } = error
  if (code === 'job_failed')
    return 'It stays paid, and the same arguments stay failed. Change the input, if the user agrees.'
  if (/^output_/.test(code)) return 'It is paid. Call get_job with the id within 20 minutes.'
  if (payment === 'unknown' || payment === 'sent' || payment === 'signed')
    return 'Do not generate anything else instead. In a minute call generate with exactly the same arguments, or list_jobs.'
  if (payment === 'settled') return 'It is paid. Call get_job with the id, or list_jobs, and tell the user.'
  if (/^limit_|^price_above_list/.test(code)) return onlyOwner
  if (code === 'price_above_max')
    return 'It costs more than your max_price. Ask the user before you raise it.'
  if (code === 'max_price_required') return 'Ask the user what it may cost, and pass that as max_price.'
  if (/^wallet_|^insufficient_funds$|^approval_denied$/.test(code))
    return `Tell the user. ${walletHint(error)}`.trim()
  if (code === 'unknown_operation') return `${hint ?? ''} list_models has all operations.`.trim()
  if (code === 'invalid_input')
    return 'Correct the input: list_models with this operation has its fields and their values.'
  if (code === 'idempotency_conflict') return 'Nothing was paid for these arguments: use another variation.'
  if (/^(timeout|network_error|service_error|response_malformed)$/.test(code))
    return 'Nothing was paid. Call again in a minute, with the same arguments.'
  if (code === 'payment_rejected') return `${hint ?? ''} After that it may be called again once.`.trim()
  return hint ?? 'Nothing was paid. Call again later.'
}

function walletHint({ code, hint }: StableStudioError): string {
  if (code === 'wallet_missing') return 'This server has no wallet: the owner has to start it with one.'
  return code === 'insufficient_funds' ? (hint ?? '') : ''
}
