// {every step of an upload and a download} × {every way to fail}: paid at most once, and reached where it can be.
import { describe, expect, it } from 'vitest'
import { isStableStudioError } from '../../src/errors.ts'
import type { FaultKind } from '../../src/sandbox/wire/fault-kinds.ts'
import { played, useTestClock } from '../support/clock.ts'
import { all, createStudio, input, operation } from '../support/studio.ts'
import { named, ways } from '../support/ways.ts'

useTestClock()

const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])
const table = named([...ways, { kind: 'status-after', status: 503 }])

/** The answer that carried the ticket is gone, and the service gives it only once: the cent is spent for nothing. */
const ticketLost: FaultKind[] = ['reset-after', 'no-answer', 'slow', 'status-after', 'html', 'truncated']

describe('a fault on the payment of an upload', () => {
  it.each(table)(
    '%s: paid at most once by the call, which knows soon when the cent is lost',
    async (_name, way) => {
      const { studio, sandbox } = createStudio()
      sandbox.faults.add({ step: 'upload', kind: 'slow', ...way })
      const began = Date.now()
      const outcome = await played(studio.upload(png, { timeout: 250_000 }).catch((error: unknown) => error))
      expect(sandbox.settlements()).toHaveLength(1)
      expect(Date.now() - began).toBeLessThan(
        way.kind === 'no-answer' || way.kind === 'slow' ? 210_000 : 20_000,
      )
      if (way.kind && ticketLost.includes(way.kind)) {
        expect(isStableStudioError(outcome)).toBe(true)
        expect(outcome).toMatchObject({ payment: 'settled', code: 'delivery_lost', safeToRetry: false })
        expect(await all(studio.payments())).toMatchObject([{ state: 'settled', operation: 'upload' }])
        expect(await played(studio.recover())).toEqual([])
        expect(await played(studio.upload(png))).toMatchObject({ receipt: { usd: '0.01' } })
      } else {
        expect(outcome).toMatchObject({ mediaType: 'image/png', receipt: { usd: '0.01' } })
      }
    },
  )
})

describe.each(['blob', 'confirm'] as const)('a fault on the step %s of an upload', (step) => {
  it.each(table)('%s: reached by this call or the next, without another payment', async (_name, way) => {
    const { studio, sandbox } = createStudio()
    sandbox.faults.add({ step, kind: 'slow', ...way })
    const first = await played(studio.upload(png, { timeout: 60_000 }).catch((error: unknown) => error))
    if (isStableStudioError(first)) {
      expect(first).toMatchObject({ phase: 'upload', payment: 'settled', safeToRetry: true })
    }
    const upload = await played(studio.upload(png))
    expect((await sandbox.fetch(upload.url)).status).toBe(200)
    expect(sandbox.settlements()).toHaveLength(1)
  })
})

describe('a fault on the download of an asset', () => {
  it.each(table)('%s: a typed error that moves no money, and the next download works', async (_name, way) => {
    const { studio, sandbox } = createStudio()
    const image = await played(studio.run(operation, input))
    sandbox.faults.add({ step: 'output', kind: 'slow', ...way })
    const first = await played(image.bytes({ timeout: 30_000 }).catch((error: unknown) => error))
    if (isStableStudioError(first)) expect(first).toMatchObject({ name: 'OutputError', safeToRetry: true })
    expect((await played(image.bytes())).length).toBeGreaterThan(1_000)
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
