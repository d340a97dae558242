// What all calls of a server share.
import { type Approve, createApproval } from './approval.ts'
import type { Settings } from './options.ts'
import { createPayments, type Payments } from './payments.ts'
import { Refusal } from './refusal.ts'
import { createSaver, type Saver } from './save.ts'

export type Runtime = { settings: Settings; payments: Payments; saver: Saver; approve: Approve }

export function createRuntime(settings: Settings): Runtime {
  return {
    settings,
    payments: createPayments(settings.client),
    saver: createSaver(settings),
    approve: createApproval(settings),
  }
}

/** @throws {Refusal} when the owner allows other operations only. */
export function requireAllowed({ operations }: Settings, operation: string): void {
  if (!operations || operations.includes(operation)) return
  throw new Refusal(
    'operation_not_allowed',
    `Nothing was paid: the owner allows only ${operations.join(', ')}.`,
    'Use one of these, or tell the user.',
  )
}
