// The idempotency key of a call, made from its arguments: the same arguments never pay twice, over timeouts, restarts and
// kills, since the agent needs to remember nothing.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../internal/json.ts'

/**
 * @param input as the agent gave it, with the hash of each local file in place of its path.
 * @param variation 1 to 100: how an agent asks for another result of the same input.
 */
export function keyOf(operation: string, input: Record<string, unknown>, variation: number): string {
  const text = canonicalJson([operation, input, variation])
  return `mcp:${createHash('sha256').update(text).digest('hex')}`
}
