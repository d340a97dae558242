// Watching generations: a span for each by OpenTelemetry, and a line of JSON for each event. With the real SDK.
import { SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { StableStudioClient } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { logEvents } from '../../examples/observe/log.ts'
import { traceGenerations } from '../../examples/observe/tracing.ts'

const prompt = 'a secret lighthouse'
const operation = 'gpt-image-1.5/generate'

function start() {
  const key = generatePrivateKey()
  const wallet = privateKeyToAccount(key)
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(wallet.address, '5')
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch })
  const stop = traceGenerations(studio, provider.getTracer('test'))
  return { key, sandbox, exporter, studio, stop }
}

describe('a span for each generation', () => {
  it('has its price, its attempt and its steps, and ends with the job', async () => {
    const { exporter, studio } = start()
    const image = await studio.run(operation, { prompt })
    const [span] = exporter.getFinishedSpans()
    expect(span?.name).toBe(`generate ${operation}`)
    expect(span?.attributes).toMatchObject({ 'stablestudio.usd': image.receipt.usd })
    expect(span?.events.map(({ name }) => name)).toEqual(['signed', 'settled', 'job'])
    expect(span?.status.code).toBe(SpanStatusCode.UNSET)
    const { value: attempt } = await studio.payments().next()
    expect(span?.attributes['stablestudio.attempt']).toBe(attempt?.id)
  })

  it('is one each, however many run at once', async () => {
    const { exporter, studio } = start()
    await Promise.all(
      Array.from({ length: 5 }, (_, at) => studio.run(operation, { prompt: `${prompt} ${at}` })),
    )
    const attempts = exporter.getFinishedSpans().map(({ attributes }) => attributes['stablestudio.attempt'])
    expect(new Set(attempts).size).toBe(5)
  })

  it('says that a job failed, and that a payment was refused', async () => {
    const { exporter, studio, sandbox } = start()
    sandbox.faults.add({ step: 'poll', kind: 'job-failed' })
    await expect(studio.run(operation, { prompt })).rejects.toThrow()
    sandbox.faults.add({ step: 'pay', kind: 'rejected' })
    await expect(studio.run(operation, { prompt })).rejects.toThrow()
    const spans = exporter.getFinishedSpans()
    expect(spans.map(({ status }) => status.code)).toEqual([SpanStatusCode.ERROR, SpanStatusCode.ERROR])
    expect(spans[1]?.status.message).toMatch(/^invalid_/)
  })

  it('ends when nobody waits for it any more', async () => {
    const { exporter, studio, stop } = start()
    await studio.submit(operation, { prompt })
    expect(exporter.getFinishedSpans()).toEqual([])
    stop()
    expect(exporter.getFinishedSpans()).toHaveLength(1)
  })

  it('has no prompt and no key', async () => {
    const { exporter, studio, key } = start()
    const lines: string[] = []
    logEvents(studio, (line) => lines.push(line))
    await studio.run(operation, { prompt })
    const spans = exporter.getFinishedSpans().map(({ attributes, events }) => ({ attributes, events }))
    const text = JSON.stringify(spans) + lines.join('')
    expect(text).not.toContain('secret')
    expect(text).not.toContain(key.slice(2))
  })
})

it('logs a line of JSON for each event', async () => {
  const { studio } = start()
  const lines: string[] = []
  const stop = logEvents(studio, (line) => lines.push(line))
  const { jobId } = await studio.run(operation, { prompt })
  stop()
  await studio.run(operation, { prompt })
  const events = lines.map((line) => JSON.parse(line))
  expect(events.map(({ event }) => event)).toEqual([
    'payment.reserved',
    'payment.settled',
    'job.created',
    'job.completed',
  ])
  expect(events.at(-1)).toMatchObject({ jobId })
})
