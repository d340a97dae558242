// What the catalogue's tests share: the smallest valid input of an operation.
import { findOperation } from '../../../src/catalogue/operations.ts'

export const picture = 'https://example.com/picture.png'

const needed: Record<string, unknown> = {
  prompt: 'a lighthouse at dusk',
  image: picture,
  images: [picture],
  urls: [picture],
}

/** The required fields only. */
export function smallest(operation: string): Record<string, unknown> {
  const shape = findOperation(operation)?.input.shape ?? {}
  const required = Object.entries(shape).filter(([, schema]) => schema._zod.optin === undefined)
  return Object.fromEntries(required.map(([name]) => [name, needed[name]]))
}
