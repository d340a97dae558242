// `close`: leaves nothing behind that others on the store would have to wait for.
import type { Context } from '../context.ts'

export async function close({ ledger }: Context): Promise<void> {
  await ledger.giveBack()
}
