// What the page and the worker that runs the visitor's program tell each other.
import type { Hex } from 'viem'
import type { Job, StudioEventName } from '../../src/index.ts'

/** What a program is started with. It comes with a port for all else: its whole network, and its reports. */
export type Start = {
  code: string
  privateKey: Hex
  /** The name of the program's stores in IndexedDB begins with this. */
  database: string
  file: File
  job: Job | undefined
}

/** What went wrong, as plain data: classes and methods do not pass from a worker to a page. */
export type Failure = {
  name: string
  message: string
  code?: string | undefined
  hint?: string | undefined
  /** What is known about the money. */
  payment?: string | undefined
  phase?: string | undefined
  job?: Job | undefined
  /** The line of the program, from 1. */
  line?: number | undefined
}

export type Level = 'log' | 'info' | 'warn' | 'error' | 'debug'

export type Report =
  | { kind: 'alive' }
  | { kind: 'console'; level: Level; text: string }
  | { kind: 'event'; name: StudioEventName; facts: Readonly<Record<string, unknown>> }
  | { kind: 'signed'; what: 'payment' | 'sign-in' }
  | { kind: 'shown'; media: Blob }
  | { kind: 'done' }
  | { kind: 'failed'; failure: Failure }

/** A request on its way to the sandbox. */
export type Sent = {
  id: number
  method: string
  url: string
  headers: [name: string, value: string][]
  body: ArrayBuffer
}

/** Its answer; `lost` when the connection broke. */
export type Answered =
  | { id: number; status: number; headers: [name: string, value: string][]; body: ArrayBuffer }
  | { id: number; lost: string }
