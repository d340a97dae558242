// Errors in words: what happened, whether money moved, and what to do now.
import { isStableStudioError, type Job, JobFailedError, type StableStudioError } from 'stablestudio'

/** What the page says of an error. Every text is shown as text, never as HTML. */
export type Told = {
  title: string
  details?: string | undefined
  hint?: string | undefined
  /** Did money move? */
  money: { moved: 'no' | 'yes' | 'unknown'; text: string }
  code: string
  /** The one thing that helps now. */
  next?: 'collect' | 'find-out' | undefined
}

/** @param job what is known to be paid already, also where the error itself does not say so. */
export function tell(error: unknown, job?: Job): Told {
  if (!isStableStudioError(error)) return tellUnexpected(error, job)
  const paid = error.job ?? job
  const money = moneyOf(error, paid)
  const { shortMessage: title, details, hint, code } = error
  const forVisitors = code.startsWith('limit_') ? overLimit : hint?.replaceAll('`', '')
  const words = ownDoing(code, money.moved) ?? { title, details, hint: forVisitors }
  return { ...words, code, money, next: nextOf(error, paid, money.moved) }
}

const overLimit = 'The limits are set in this page. A smaller or simpler picture may still fit.'

/** What the visitor did is no failure, and the client's hints on it are for programmers. */
function ownDoing(code: string, moved: Told['money']['moved']): Pick<Told, 'title' | 'hint'> | undefined {
  const hints = {
    no: 'Press the button again if you want it after all.',
    yes: 'The picture is made all the same. Collect it whenever you like: that pays nothing.',
    unknown: undefined,
  }
  const hint = hints[moved]
  if (code === 'approval_denied') return { title: 'You did not approve the payment.', hint }
  if (code === 'wallet_rejected') return { title: 'The wallet rejected the request.', hint }
  if (code !== 'aborted') return undefined
  if (moved === 'unknown') return { title: 'You cancelled while the payment was on its way.' }
  return { title: moved === 'yes' ? 'You stopped waiting.' : 'You cancelled.', hint }
}

function moneyOf(error: StableStudioError, paid: Job | undefined): Told['money'] {
  if (paid) {
    const { usd } = paid.receipt
    if (isOver(error)) return { moved: 'yes', text: `$${usd} was paid, once, and stays paid.` }
    return { moved: 'yes', text: `$${usd} was paid, once. The picture is still yours to collect.` }
  }
  if (error.payment === 'settled') return { moved: 'yes', text: 'The payment went through.' }
  if (error.payment === 'sent' || error.payment === 'unknown') {
    return {
      moved: 'unknown',
      text: 'It is not known yet whether money moved. This payment can be taken only once: find out before you pay again.',
    }
  }
  if (error.payment === 'rejected') return { moved: 'no', text: 'No money moved: the payment was refused.' }
  if (error.payment === 'signed')
    return { moved: 'no', text: 'No money moved: what was signed was not sent.' }
  return { moved: 'no', text: 'Nothing was signed, and nothing was paid.' }
}

function nextOf(
  error: StableStudioError,
  paid: Job | undefined,
  moved: Told['money']['moved'],
): Told['next'] {
  if (moved === 'unknown' || error.payment === 'signed') return 'find-out'
  return paid && !isOver(error) ? 'collect' : undefined
}

/** There will be no picture, however often it is asked for. */
export function isOver(error: StableStudioError): boolean {
  return error instanceof JobFailedError || error.code === 'output_expired'
}

/** A mistake of this page or of a wallet: what is known of the money is the job at most. */
function tellUnexpected(error: unknown, job: Job | undefined): Told {
  const said = typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : ''
  return {
    title: 'Something in this page went wrong.',
    details: said.slice(0, 300) || undefined,
    hint: 'The list of payments below is kept by the client, and is right whatever happened here.',
    code: 'unexpected',
    money: job
      ? { moved: 'yes', text: `$${job.receipt.usd} was paid, once. The picture is still yours to collect.` }
      : { moved: 'unknown', text: 'The list of payments below says whether money moved.' },
    next: job ? 'collect' : undefined,
  }
}
