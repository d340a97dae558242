// What an error may say once money has moved: nothing that leads its reader to pay again.
import { expect } from 'vitest'
import type { StableStudioError } from '../../src/errors.ts'

const misleading =
  /nothing (was|is|has been) (signed|paid|charged|sent)|no money is involved|\b(call|try|run|pay|send|submit|generate|buy)\b[^.]{0,30}\bagain\b|\bretry\b|\braise\b/i

/** Fails unless the error tells of its payment, and its advice leads to what was paid for. */
export function expectSafeAdvice(error: StableStudioError): void {
  expect(['sent', 'settled', 'unknown']).toContain(error.payment)
  expect(error.hint ?? '').not.toMatch(misleading)
  expect(error.message).not.toMatch(misleading)
  expect(error.stack ?? '').not.toMatch(misleading)
}

export { misleading }
