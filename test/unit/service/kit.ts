// What the tests of the service share: a context whose requests a test answers, and answers without a network.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { ClientOptions } from '../../../src/config.ts'
import type { Context } from '../../../src/context.ts'
import type { HttpAnswer } from '../../../src/internal/http.ts'
import { parseJson } from '../../../src/internal/json.ts'
import { counted } from '../../support/clock.ts'
import { contextOf } from '../../support/context.ts'
import { header } from '../x402/kit.ts'

/** An answer as the service's routes get it. */
export function answer(status: number, body: unknown, headers: Record<string, string> = {}): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    kind: 'answer',
    status,
    headers: new Headers(headers),
    bytes: new TextEncoder().encode(text),
    text: () => text,
    json: () => parseJson(text),
  }
}

export type Desk = { context: Context; seen: Request[] }

/** A client's context on a service that answers as a test wants. */
export function createDesk(
  reply: (request: Request, count: number) => Response | Promise<Response>,
  options: ClientOptions = {},
): Desk {
  const seen: Request[] = []
  const wallet = privateKeyToAccount(generatePrivateKey())
  const fetch = counted(async (target, init) => {
    const request = new Request(target, init)
    seen.push(request)
    return reply(request, seen.length)
  })
  return { context: contextOf({ wallet, fetch, ...options }), seen }
}

/** A 402 of a sign-in route, with its challenge changed. */
export function signInChallenge(url: string, change: Record<string, unknown> = {}): Response {
  const now = Date.now()
  const info = {
    domain: 'stablestudio.dev',
    uri: url,
    version: '1',
    chainId: 'eip155:8453',
    type: 'eip191',
    nonce: 'a1b2c3d4e5f6a7b8',
    issuedAt: new Date(now).toISOString(),
    expirationTime: new Date(now + 300_000).toISOString(),
    ...change,
  }
  const supportedChains = [{ chainId: 'eip155:8453', type: 'eip191' }]
  const required = {
    x402Version: 2,
    accepts: [],
    extensions: { 'sign-in-with-x': { info, supportedChains } },
  }
  return Response.json(required, { status: 402, headers: { 'payment-required': header(required) } })
}
