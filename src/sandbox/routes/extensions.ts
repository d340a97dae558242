// What the real library adds to a challenge: the schemas of its extensions, and `X-Agent-Identity`.
import { encodeJson, toBase64Url } from '../../internal/base64.ts'
import { randomHex } from '../../internal/hex.ts'
import type * as z from '../../internal/zod.ts'
import { toJSONSchema } from '../state/zod.ts'

/** Discovery: the body's JSON Schema, in the form that facilitators catalogue. */
export function bazaar(schema: z.core.$ZodType): Record<string, unknown> {
  const body = toJSONSchema(schema, { target: 'draft-2020-12', unrepresentable: 'any' })
  const input = {
    type: 'object',
    properties: {
      type: { type: 'string', const: 'http' },
      method: { type: 'string', enum: ['POST', 'PUT', 'PATCH'] },
      bodyType: { type: 'string', enum: ['json', 'form-data', 'text'] },
      body,
    },
    required: ['type', 'method', 'bodyType', 'body'],
    additionalProperties: false,
  }
  return {
    info: { input: { type: 'http', method: 'POST', bodyType: 'json', body: {} } },
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { input },
      required: ['input'],
    },
  }
}

const texts =
  'domain address statement uri version chainId type nonce issuedAt expirationTime notBefore requestId'
const formats: Record<string, string> = {
  uri: 'uri',
  issuedAt: 'date-time',
  expirationTime: 'date-time',
  notBefore: 'date-time',
}
const property = (name: string) => {
  const format = formats[name]
  return [name, { type: 'string', ...(format && { format }) }] as const
}

/** The real library puts a whole extension where clients expect a schema. */
export const signInDeclaration = {
  'sign-in-with-x': {
    info: { version: '1' },
    supportedChains: [],
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        ...Object.fromEntries(texts.split(' ').map(property)),
        resources: { type: 'array', items: { type: 'string', format: 'uri' } },
        signature: { type: 'string' },
      },
      required: ['domain', 'address', 'uri', 'version', 'chainId', 'type', 'nonce', 'issuedAt', 'signature'],
    },
    _options: {},
  },
}

/** The challenge in `X-Agent-Identity`. Answering it is optional. */
export function agentIdentity(url: URL, now: number): string {
  const challenge = {
    domain: url.hostname,
    route: url.pathname,
    nonce: randomHex(32),
    issuedAt: new Date(now).toISOString(),
    expirationTime: new Date(now + 30_000).toISOString(),
  }
  return toBase64Url(encodeJson({ v: 1, challenge }))
}
