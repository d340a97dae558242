// The tools over HTTP, for servers of one's own. A page that rebinds its name to this machine must not spend, so Host and
// Origin are checked, and every request is authorized.
import { InvalidInputError } from '../index.ts'
import { type Check, checkFunction } from '../internal/check.ts'
import { parseUrl } from '../internal/url.ts'
import { type McpOptions, readOptions } from './options.ts'
import { serving } from './protocol.ts'
import { createRuntime } from './runtime.ts'
import { createServer, recoverOpen } from './stdio.ts'

/** {@link McpOptions} for HTTP. */
export type McpHandlerOptions = McpOptions & {
  /** Whether a request may use the tools, and so the wallet. Anything but `true`, or a throw, refuses it. */
  authorize: (request: Request) => boolean | Promise<boolean>
  /** Host names, with or without port, by which the server may be called. @default those of this machine */
  allowedHosts?: readonly string[] | undefined
  /** Origins, such as `https://app.example`, whose pages may call. @default none: only programs */
  allowedOrigins?: readonly string[] | undefined
}

const loopback = ['localhost', '127.0.0.1', '[::1]']

const checkTexts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')
    ? undefined
    : 'must be a list of strings'

/**
 * A handler of fetch requests that serves the tools over Streamable HTTP. Mount it at one path; on `node:http` by
 * `toNodeListener` of `stablestudio/node`.
 *
 * @throws {InvalidInputError} listing every problem with the options, a missing `authorize` among them.
 * @example
 * import { createMcpHandler } from 'stablestudio/mcp'
 *
 * const handle = createMcpHandler({
 *   client,
 *   authorize: (request) => request.headers.get('authorization') === `Bearer ${process.env.MCP_TOKEN}`,
 *   allowedHosts: ['tools.example'],
 * })
 */
export function createMcpHandler(options: McpHandlerOptions): (request: Request) => Promise<Response> {
  const { authorize, allowedHosts = loopback, allowedOrigins = [], ...others } = readHandler(options)
  const runtime = createRuntime(readOptions(others, {}, false))
  const handler = serving.http(() => createServer(runtime))
  recoverOpen(runtime)
  return async (request) => {
    if (!isHost(request, allowedHosts)) return refused(403, 'This host is not allowed.')
    const origin = request.headers.get('origin')
    if (origin !== null && !allowedOrigins.includes(origin))
      return refused(403, 'This origin is not allowed.')
    const may = await Promise.resolve(request)
      .then(authorize)
      .catch(() => false)
    if (may !== true) return refused(401, 'Not authorized.')
    return handler.fetch(request)
  }
}

function readHandler(options: McpHandlerOptions): McpHandlerOptions {
  const checks = { authorize: checkFunction, allowedHosts: checkTexts, allowedOrigins: checkTexts }
  const { authorize, allowedHosts, allowedOrigins, ...others } = options ?? {}
  const given = Object.entries({ authorize: authorize ?? null, allowedHosts, allowedOrigins })
  const issues = given.flatMap(([path, value]) => {
    const message = value === undefined ? undefined : checks[path as keyof typeof checks](value)
    return message ? [{ path, message }] : []
  })
  if (issues.length > 0)
    throw new InvalidInputError('Invalid options of createMcpHandler().', {
      code: 'invalid_config',
      issues,
      hint: 'Without `authorize`, anybody who reaches the server could spend.',
    })
  return { ...others, authorize, allowedHosts, allowedOrigins } as McpHandlerOptions
}

/** Both the header and the URL: which of them is what was called depends on the server in front. */
function isHost(request: Request, allowed: readonly string[]): boolean {
  const names = [request.headers.get('host'), new URL(request.url).host].filter((name) => name !== null)
  return names.every((name) => {
    const url = parseUrl(`http://${name}`)
    return url !== undefined && (allowed.includes(url.hostname) || allowed.includes(name.toLowerCase()))
  })
}

function refused(status: number, message: string): Response {
  const body = { jsonrpc: '2.0', id: null, error: { code: -32_000, message } }
  const headers = status === 401 ? { 'www-authenticate': 'Bearer' } : undefined
  return Response.json(body, { status, ...(headers && { headers }) })
}
