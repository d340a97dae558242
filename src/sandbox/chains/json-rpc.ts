// JSON-RPC 2.0 over HTTP, single and in batches.
import { isRecord, parseJson } from '../../internal/json.ts'
import { type Answer, bodyText, type Incoming, json } from '../wire/messages.ts'

/** What a call throws to be answered with an error of its own. */
export class RpcError extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

type Call = (method: string, params: readonly unknown[]) => unknown

export async function serveJsonRpc(incoming: Incoming, call: Call): Promise<Answer> {
  const request = parseJson(bodyText(incoming))
  if (request === undefined) return json(errorOf(null, new RpcError(-32700, 'Parse error')))
  if (!Array.isArray(request)) return json(await respond(request, call))
  return json(await Promise.all(request.map((one) => respond(one, call))))
}

async function respond(request: unknown, call: Call): Promise<unknown> {
  if (!isRecord(request)) return errorOf(null, new RpcError(-32600, 'Invalid request'))
  const { id = null, method, params } = request
  try {
    return { jsonrpc: '2.0', id, result: await call(String(method), Array.isArray(params) ? params : []) }
  } catch (error) {
    return errorOf(id, error)
  }
}

function errorOf(id: unknown, error: unknown): unknown {
  const code = error instanceof RpcError ? error.code : -32603
  const message = error instanceof Error ? error.message : 'Internal error'
  return { jsonrpc: '2.0', id, error: { code, message } }
}
