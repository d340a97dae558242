// A span for each generation, by OpenTelemetry: what it cost, how it was paid, how long each step took.
import { type Span, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { StableStudioClient } from 'stablestudio'

/** Traces everything that a client pays for, until the function that it returns is called. Reads events alone. */
export function traceGenerations(studio: StableStudioClient, tracer: Tracer): () => void {
  const spans = new Map<string, Span>()
  const attempts = new Map<string, string>()

  const step = (attemptId: string, name: string, facts: Record<string, string | undefined> = {}) =>
    spans.get(attemptId)?.addEvent(name, withoutUndefined(facts))

  const end = (attemptId: string, problem?: string) => {
    const span = spans.get(attemptId)
    if (problem !== undefined) span?.setStatus({ code: SpanStatusCode.ERROR, message: problem })
    span?.end()
    spans.delete(attemptId)
    for (const [jobId, of] of attempts) if (of === attemptId) attempts.delete(jobId)
  }
  const endJob = (jobId: string, problem?: string) => end(attempts.get(jobId) ?? '', problem)

  const off = [
    studio.on('payment.reserved', ({ attemptId, operation, usd }) => {
      const attributes = { 'stablestudio.operation': operation, 'stablestudio.attempt': attemptId }
      const span = tracer.startSpan(`generate ${operation}`, { attributes })
      // A decimal string, as the client has it: a number would be rounded.
      span.setAttribute('stablestudio.usd', usd)
      spans.set(attemptId, span)
    }),
    studio.on('payment.signed', ({ attemptId }) => step(attemptId, 'signed')),
    studio.on('payment.settled', ({ attemptId, transaction }) => step(attemptId, 'settled', { transaction })),
    studio.on('payment.unknown', ({ attemptId }) => step(attemptId, 'unknown')),
    studio.on('payment.rejected', ({ attemptId, reason }) => end(attemptId, reason)),
    studio.on('job.created', ({ attemptId, jobId }) => {
      attempts.set(jobId, attemptId)
      step(attemptId, 'job', { jobId })
    }),
    studio.on('job.completed', ({ jobId }) => endJob(jobId)),
    studio.on('job.failed', ({ jobId, error = 'failed' }) => endJob(jobId, error)),
  ]
  return () => {
    for (const one of off) one()
    // What is still open goes on in the ledger: the span says only that nobody waits for it here.
    for (const attemptId of [...spans.keys()]) end(attemptId)
  }
}

function withoutUndefined(facts: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined),
  )
}
