// Entry `stablestudio/sandbox`: StableStudio in memory, for tests, examples and work without money.
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
export type { Fault, FaultKind, FaultStep, Faults } from '../sandbox/wire/fault-types.ts'
