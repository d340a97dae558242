// The schemas that the real library adds to a challenge's extensions.
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

const text = { type: 'string' }
const time = { type: 'string', format: 'date-time' }
const uri = { type: 'string', format: 'uri' }

/** The real library puts a whole extension where clients expect a schema. */
export const signInDeclaration = {
  'sign-in-with-x': {
    info: { version: '1' },
    supportedChains: [],
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        domain: text,
        address: text,
        statement: text,
        uri,
        version: text,
        chainId: text,
        type: text,
        nonce: text,
        issuedAt: time,
        expirationTime: time,
        notBefore: time,
        requestId: text,
        resources: { type: 'array', items: uri },
        signature: text,
      },
      required: ['domain', 'address', 'uri', 'version', 'chainId', 'type', 'nonce', 'issuedAt', 'signature'],
    },
    _options: {},
  },
}
