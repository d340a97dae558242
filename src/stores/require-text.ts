// The check of a store's path or name.
import { invalidOptions } from '../errors/invalid-options.ts'
import { checkText } from '../internal/kind.ts'

/** @throws {InvalidInputError} `invalid_config` for anything but a text. */
export function requireText(of: string, path: string, value: unknown): void {
  const message = checkText(value)
  if (message) throw invalidOptions(of, [{ path, message }])
}
