// Field schemas that several models share.
import * as z from '../internal/zod.ts'

/** Text that is not empty. */
export function text(maxLength?: number) {
  return z.string().check(z.minLength(1), ...(maxLength === undefined ? [] : [z.maxLength(maxLength)]))
}

/** An integer in a range, with the value that is sent when the caller gives none. */
export function integer(min: number, max: number, value: number) {
  return z._default(z.int().check(z.minimum(min), z.maximum(max)), value)
}

/** A number in a range, with the value that is sent when the caller gives none. */
export function number(min: number, max: number, value: number) {
  return z._default(z.number().check(z.minimum(min), z.maximum(max)), value)
}

/** Whether something is on, with the value that is sent when the caller gives none. */
export function flag(value: boolean) {
  return z._default(z.boolean(), value)
}
