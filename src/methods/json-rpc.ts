// JSON-RPC 2.0 over HTTP, for what a method asks its network. Moves no money.

import { ServiceError } from '../errors.ts'
import { harmlessCause } from '../internal/cause.ts'
import { createHttp, isSuccess } from '../internal/http.ts'
import { createSecrets } from '../internal/secrets.ts'
import type { MethodIo } from './method.ts'

/** How long a network's node may take, ms. */
export const rpcTimeoutMs = 15_000

/** The whole answer to one call, `result` or `error`; `undefined` when there is none. */
export async function postRpc(
  url: string,
  call: { method: string; params?: readonly unknown[] },
  { fetch, signal }: MethodIo,
): Promise<unknown> {
  const http = createHttp(fetch, () => {}, createSecrets())
  const answer = await http({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, params: [], ...call }),
    timeoutMs: rpcTimeoutMs,
    signal,
    retries: 2,
  })
  return answer.kind === 'answer' && isSuccess(answer) ? answer.json() : undefined
}

/** The error of a balance that could not be read. @param method whose `rpc` it is, such as `x402()`. */
export function unreadBalance(method: string, details: string, cause?: unknown): ServiceError {
  return new ServiceError('The balance could not be read from the RPC.', {
    code: 'network_error',
    safeToRetry: true,
    details,
    hint: `Nothing was paid. Check \`rpc\` in ${method}, then call again.`,
    // An RPC provider's key is often part of its URL, which viem puts into its messages.
    ...(cause !== undefined && { cause: harmlessCause(cause, urlsIn(cause)) }),
  })
}

function urlsIn(error: unknown): string[] {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } }
  return `${message} ${cause?.message}`.match(/https?:\/\/[^\s"']+/g) ?? []
}
