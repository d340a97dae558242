import {
  JobFailedError,
  PaymentRejectedError,
  PaymentUnknownError,
  StableStudioClient,
  type StableStudioError,
} from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'

const operation = 'gpt-image-1.5/generate'
const input = { prompt: 'a lighthouse at dusk' }

function setUp(usd: string) {
  const wallet = privateKeyToAccount(generatePrivateKey())
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(wallet.address, usd)
  return { sandbox, studio: new StableStudioClient({ wallet, fetch: sandbox.fetch }) }
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: StableStudioError) => error,
  )

test('a job that fails stays paid', async () => {
  const { sandbox, studio } = setUp('5')
  sandbox.faults.add({ step: 'poll', kind: 'job-failed', error: 'The model is out of paint.' })
  const error = await failure(studio.run(operation, input))
  expect(error).toBeInstanceOf(JobFailedError)
  expect(error?.message).toContain('out of paint')
  expect(error?.payment).toBe('settled')
})

test('a wallet without enough USDC pays nothing', async () => {
  const { sandbox, studio } = setUp('0.01')
  const error = await failure(studio.run(operation, input))
  expect(error).toBeInstanceOf(PaymentRejectedError)
  expect(error?.message).toContain('holds less than')
  expect(sandbox.settlements()).toHaveLength(0)
})

test('a payment whose answer is lost is made once, within the call', async () => {
  const { sandbox, studio } = setUp('5')
  sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
  await studio.run(operation, input)
  expect(sandbox.settlements()).toHaveLength(1)
})

test('recover() finds what was paid before the connection was gone for good', async () => {
  const { sandbox, studio } = setUp('5')
  sandbox.faults.add({ step: 'pay', kind: 'reset-after' })
  sandbox.faults.add({ step: 'list', kind: 'refused', times: Number.POSITIVE_INFINITY })
  sandbox.faults.add({ step: 'pay', kind: 'refused', times: Number.POSITIVE_INFINITY })
  expect(await failure(studio.run(operation, input, { timeout: 30_000 }))).toBeInstanceOf(PaymentUnknownError)

  sandbox.faults.clear()
  const [recovery] = await studio.recover()
  expect(recovery?.outcome).toBe('job-found')
  if (recovery?.job) await studio.wait(recovery.job)
  expect(sandbox.settlements()).toHaveLength(1)
})
