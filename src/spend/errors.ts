// What goes wrong with a spend account, in words: whether money moved, and what to do now.
import type { ErrorFacts } from '../errors/facts.ts'
import { InvalidInputError, StableStudioError, StoreError, WalletError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'

/** The two ways in which a spend account moves money with its owner's wallet. */
export type Move = 'deposit' | 'withdraw'

const nameOf = (move: Move) => (move === 'deposit' ? 'deposit' : 'withdrawal')

/** @param what names it, such as `typed data of Permit`. Never its content. */
export function refused(what: string): WalletError {
  return new WalletError('A spend account does not sign this.', {
    code: 'signature_refused',
    details: `It was asked for ${what}.`,
    hint: "Nothing was signed. It signs the service's offers, sign-ins of the service's origin, and its owner's withdrawals.",
  })
}

/** Something may have been sent, and nothing decides yet whether it arrived. */
export function undecided(move: Move, details: string, facts: ErrorFacts = {}): WalletError {
  return new WalletError(`The ${nameOf(move)} may be on its way.`, {
    code: 'transfer_unknown',
    phase: 'pay',
    payment: 'unknown',
    safeToRetry: true,
    details,
    hint: `The next ${move}() looks on the chain first: the same money never moves twice.`,
    ...facts,
  })
}

/** The wallet answered with an error after which nothing can have been sent. */
export function notSent(cause: unknown, rejected: boolean): WalletError {
  return new WalletError(
    rejected ? 'The wallet rejected the request.' : 'The wallet could not send the transaction.',
    {
      code: rejected ? 'wallet_rejected' : 'wallet_failed',
      hint: rejected
        ? 'Nothing was sent. Call again when the user agrees.'
        : 'Nothing was sent. See `cause`.',
      cause: harmlessCause(cause),
    },
  )
}

export function stopped(move: Move, signal: AbortSignal | undefined, maySend: boolean): StableStudioError {
  return new StableStudioError('The call was aborted.', {
    code: 'aborted',
    phase: maySend ? 'pay' : 'input',
    payment: maySend ? 'unknown' : 'none',
    safeToRetry: true,
    hint: maySend
      ? `It may have been sent. The next ${move}() looks on the chain first.`
      : 'Nothing was sent.',
    cause: signal?.reason,
  })
}

export function lacking(message: string, details: string, hint: string): WalletError {
  return new WalletError(message, { code: 'insufficient_funds', phase: 'check', details, hint })
}

/** In a block, and reverted. */
export function failedOnChain(move: Move, transaction: string | undefined): WalletError {
  return new WalletError(`The ${nameOf(move)} failed on the chain.`, {
    code: 'wallet_failed',
    phase: 'pay',
    details: transaction && `Transaction ${transaction} was reverted.`,
    hint: `No USDC moved. Call ${move}() again.`,
  })
}

/** An argument of `deposit`, `withdraw` or `exportKey`. */
export function badArgument(path: string, message: string): InvalidInputError {
  return new InvalidInputError('Invalid arguments for the spend account.', {
    issues: [{ path, message }],
    hint: 'Nothing was signed and nothing was sent.',
  })
}

/** The browser does not keep the account, or no longer. */
export function notKept(details: string, hint: string, cause?: unknown): StoreError {
  return new StoreError('This browser does not keep the spend account.', {
    phase: 'input',
    details,
    hint,
    ...(cause !== undefined && { cause: harmlessCause(cause) }),
  })
}

/** The key is there, but cannot be read. */
export function unreadableKey(cause?: unknown): StoreError {
  return new StoreError('The key of the spend account cannot be read.', {
    code: 'store_corrupt',
    phase: 'input',
    details: 'What this browser keeps of it is damaged. It was left as it is, and no other key was made.',
    hint: 'Use another `name` for a new account. What the old one holds is lost unless its key was exported.',
    ...(cause !== undefined && { cause: harmlessCause(cause) }),
  })
}
