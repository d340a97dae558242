// What a command wants to be made.
import type { AnyOperationId } from '../../index.ts'

/** One generation to be paid. */
export type Order = { operation: AnyOperationId; input: Record<string, unknown> }
