// Why a tool does not do what it was asked for, in words of its own.

/** What the tools find out before the client does, or instead of it. */
export class Refusal extends Error {
  readonly code: string
  readonly next: string
  readonly charged: 'no' | 'yes'

  constructor(code: string, message: string, next: string, charged: 'no' | 'yes' = 'no') {
    super(message)
    this.code = code
    this.next = next
    this.charged = charged
  }
}

/** A wrong argument. */
export function wrong(path: string, message: string, next = 'Correct it, and call again.'): Refusal {
  return new Refusal('invalid_input', `${path}: ${message}. Nothing was paid.`, next)
}
