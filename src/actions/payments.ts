// `payments`: the ledger as the public API shows it.
import type { Context } from '../context.ts'
import type { Attempt } from '../types.ts'

export function payments({ ledger }: Context): AsyncIterable<Attempt> {
  return ledger.all()
}
