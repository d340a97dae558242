/**
 * StableStudio in memory, for tests, examples and work without money.
 *
 * @module stablestudio/sandbox
 */
export { createSandbox } from '../sandbox/sandbox.ts'
export type {
  Sandbox,
  SandboxClock,
  SandboxJob,
  SandboxNetwork,
  SandboxOptions,
  SandboxRequest,
  SandboxServer,
  Settlement,
} from '../sandbox/state/types.ts'
export type { FaultKind, FaultStep } from '../sandbox/wire/fault-kinds.ts'
export type { Fault, Faults } from '../sandbox/wire/fault-types.ts'
