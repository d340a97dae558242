// What happens between a call and its payment: inputs that change under it, and a service that changes its protocol.
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, it } from 'vitest'
import { StableStudioClient } from '../../src/client.ts'
import { mpp, tempoNetwork } from '../../src/entries/mpp.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { x402 } from '../../src/methods/x402/x402.ts'
import { counted, played, useTestClock } from '../support/clock.ts'
import { createStudio, failure, operation } from '../support/studio.ts'
import { tempoRpc } from '../support/tempo.ts'

useTestClock()

it('pays for what it was given when it was called, not for what the caller makes of it meanwhile', async () => {
  const { studio, sandbox } = createStudio()
  const shared = { prompt: '' }
  const options = { maxPrice: '1.00' }
  const calls = ['one', 'two', 'three'].map((prompt) => {
    shared.prompt = prompt
    return studio.submit(operation, shared, options)
  })
  options.maxPrice = '0.001'
  await played(Promise.all(calls))
  const prompts = sandbox.jobs().map((job) => (job.input as { prompt: string }).prompt)
  expect(prompts.sort()).toEqual(['one', 'three', 'two'])
})

it('uploads the bytes that it was given', async () => {
  const { studio, sandbox } = createStudio()
  const bytes = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1])
  const first = studio.upload(bytes)
  bytes[8] = 2
  const second = studio.upload(bytes)
  bytes[8] = 1
  await played(Promise.all([first, second]))
  expect(sandbox.settlements()).toHaveLength(2)
})

it('never pays by the other protocol what it has sent a payment for', async () => {
  const account = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox()
  sandbox.fund(account.address, '10')
  sandbox.fund(account.address, '10', tempoNetwork)
  let turned = false
  const sent: string[] = []
  const fetch = counted(async (request, init) => {
    const asked = new Request(request, init)
    const paid = ['payment-signature', 'authorization'].find((name) => asked.headers.has(name))
    if (paid) sent.push(paid)
    if (turned && paid === 'payment-signature')
      return Response.json({ error: 'x', reason: 'requirements_mismatch' }, { status: 402 })
    const response = await sandbox.fetch(asked)
    if (!turned || response.status !== 402) return response
    const headers = new Headers(response.headers)
    headers.delete('payment-required')
    return new Response(null, { status: 402, headers })
  })
  const studio = new StableStudioClient({
    wallet: account,
    payWith: [x402(), mpp({ account, rpcUrl: tempoRpc, fetch: counted(sandbox.fetch) })],
    reuseOffers: true,
    fetch,
  })
  await played(studio.submit(operation, { prompt: 'one' }))
  turned = true
  await played(failure(studio.submit(operation, { prompt: 'two' })))
  expect(sent).toEqual(['payment-signature', 'payment-signature'])
})
