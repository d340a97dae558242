// Push, where it could cost money twice or for nothing: failing stores, calls that end early, fees.
import { expect, it } from 'vitest'
import { memoryStore } from '../../src/ledger/store.ts'
import { played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio, type TempoOptions, withChallenge, withDetails } from '../support/tempo.ts'

useTestClock()

const pushing = (options: TempoOptions = {}) =>
  createTempoStudio({ ...options, mpp: { mode: 'push', ...options.mpp } })

it('a store that fails after the money moved does not keep the request from being sent', async () => {
  const store = memoryStore()
  let down = false
  const failing = {
    ...store,
    async set(...write: Parameters<typeof store.set>) {
      if (down) throw new Error('disk full')
      return store.set(...write)
    },
  }
  const { studio, sandbox } = pushing({
    client: { store: failing },
    async node(request, genuine) {
      const { method } = JSON.parse(await request.clone().text())
      const answer = await genuine()
      if (method === 'eth_sendRawTransactionSync') down = true
      return answer
    },
  })
  const job = await played(studio.submit(operation, input))
  expect(sandbox.settlements()).toMatchObject([{ jobId: job.id }])
})

it('a call that ends before the account was asked sets no money aside for good', async () => {
  const abort = new AbortController()
  const { studio, signed } = pushing({
    async node(_request, genuine) {
      abort.abort()
      return genuine()
    },
  })
  const error = await played(failure(studio.submit(operation, input, { signal: abort.signal })))
  expect(signed.transactions).toEqual([])
  expect(error).toMatchObject({ code: 'aborted', payment: 'none' })
  expect(await all(studio.payments())).toMatchObject([{ state: 'released' }])
})

it('a fee that the service says it pays is the payer’s all the same', async () => {
  const { studio, signed } = pushing({
    answer: (response) => withChallenge(response, withDetails({ feePayer: true })),
    async node(request, genuine) {
      const asked = JSON.parse(await request.clone().text())
      if (asked.method !== 'eth_fillTransaction') return genuine()
      const dear = {
        chainId: '0x1079',
        gas: '0xea60',
        maxFeePerGas: '0x38d7ea4c68000',
        maxPriorityFeePerGas: '0x0',
      }
      const result = { raw: '0x', tx: { ...dear, ...asked.params[0] } }
      return Response.json({ jsonrpc: '2.0', id: asked.id, result })
    },
  })
  const error = await played(failure(studio.submit(operation, input, { timeout: 20_000 })))
  expect(signed.transactions).toEqual([])
  expect(error).toMatchObject({ code: 'response_malformed', payment: 'none' })
})
