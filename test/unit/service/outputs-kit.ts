// What the tests of outputs share: an asset whose host answers as a test wants.
import 'ky'
import { expect, vi } from 'vitest'
import type { ClientOptions } from '../../../src/config.ts'
import { OutputError } from '../../../src/errors.ts'
import { createOutput } from '../../../src/service/outputs.ts'
import type { AssetKind, Output } from '../../../src/types.ts'
import { contextOf } from '../../support/context.ts'

export const now = Date.parse('2026-11-22T12:00:00.000Z')
export const url = 'https://blob.example/cat.png'
export const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x00, 0xff])
export const paid = () => ({
  id: 'job_1',
  operation: 'o',
  pollUrl: '',
  createdAt: '',
  attemptId: 'att_1',
  receipt,
})
export const receipt = {
  ...{ usd: '0.17', amount: '170000', network: 'eip155:8453', asset: '0xa', payer: '0xb', payTo: '0xc' },
  settledAt: '2026-11-22T11:59:00.000Z',
}

/** An output whose asset's host answers like this; remembers the requests. */
export function outputOf(
  answer: () => Response | Promise<Response>,
  change: {
    url?: string
    kind?: AssetKind
    doneAt?: string
    options?: ClientOptions
    renew?: () => Promise<string | undefined>
  } = {},
) {
  const requests: Request[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests.push(new Request(input, init))
    return answer()
  }
  const context = contextOf({ ...change.options, fetch })
  const job = {
    jobId: 'job_1',
    kind: change.kind ?? 'image',
    doneAt: change.doneAt ?? new Date(now).toISOString(),
    paid: paid(),
    renew: change.renew ?? (async () => undefined),
  }
  return { requests, output: createOutput(context, job, { url: change.url ?? url, video: false }) }
}

/** Moves the clock until it has settled: between two tries of a download there is a pause. */
export async function played<value>(promise: Promise<value>): Promise<value> {
  let settled = false
  const done = () => {
    settled = true
  }
  promise.then(done, done)
  for (let turns = 0; turns < 1_000 && !settled; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    await vi.advanceTimersByTimeAsync(50)
  }
  return promise
}

export async function refusal(output: Output): Promise<OutputError> {
  const both = [output.blob().catch((e: unknown) => e), output.bytes().catch((e: unknown) => e)]
  const errors = await played(Promise.all(both))
  for (const error of errors) {
    if (!(error instanceof OutputError)) throw error
    expect(error).toMatchObject({ phase: 'output', payment: 'settled', safeToRetry: true })
  }
  expect(errors[0]).toMatchObject({ code: (errors[1] as OutputError).code })
  return errors[0] as OutputError
}
