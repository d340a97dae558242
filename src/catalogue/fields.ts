// Field schemas that several models share.
import * as z from '../internal/zod.ts'

/** A non-empty string. */
export function text(maxLength?: number) {
  return z.string().check(z.minLength(1), ...(maxLength === undefined ? [] : [z.maxLength(maxLength)]))
}

/** An integer in a range, with its default. */
export function integer(min: number, max: number, value: number) {
  return z._default(z.int().check(z.minimum(min), z.maximum(max)), value)
}

/** A number in a range, with its default. */
export function number(min: number, max: number, value: number) {
  return z._default(z.number().check(z.minimum(min), z.maximum(max)), value)
}

/** A boolean with its default. */
export function flag(value: boolean) {
  return z._default(z.boolean(), value)
}
