// No header value that was sent is ever shown: not on any route, in any form in which the service may repeat it.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { StableStudioClient } from '../../src/client.ts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { decodeText } from '../../src/internal/base64.ts'
import type { FaultStep } from '../../src/sandbox/wire/fault-kinds.ts'
import type { EchoForm } from '../../src/sandbox/wire/fault-types.ts'
import { counted, pass, played, useTestClock } from '../support/clock.ts'
import { all, createStudio, failure, input, operation } from '../support/studio.ts'
import { createTempoStudio } from '../support/tempo.ts'

useTestClock()

const forEver = Number.POSITIVE_INFINITY
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3, 4])
const plain = ['accept', 'content-type', 'x-api-version', 'x-content-type']

/** A client whose header values that pay, prove or give leave are remembered. */
function recorded(pays: 'x402' | 'mpp') {
  const sent = new Set<string>()
  const note = (headers: Headers) => {
    for (const [name, value] of headers) if (!plain.includes(name)) sent.add(value)
  }
  if (pays === 'mpp') {
    const { studio, sandbox, requests } = createTempoStudio()
    const all = () => {
      for (const { headers } of requests) note(headers)
      return sent
    }
    return { studio, sandbox, sent: all }
  }
  const { studio, sandbox } = createStudio({
    fetch: counted((target, init) => {
      note(new Headers(init?.headers))
      return sandbox.fetch(target, init)
    }),
  })
  return { studio, sandbox, sent: () => sent }
}

/** Everything that a log could show of an error. */
function shown(error: unknown): string {
  const { message, stack, details, hint, cause } = error as Record<string, unknown>
  const deep = inspect(error, { depth: 20, showHidden: true, getters: true, maxStringLength: null })
  return [message, stack, details, hint, inspect(cause, { depth: 20 }), JSON.stringify(error), deep].join(
    '\n',
  )
}

/** What must not be found: pieces of each value, and the signatures inside. */
function piecesOf(value: string): string[] {
  const bare = value.replace(/^(Payment|Bearer) /, '')
  const inside = decodeText(bare) ?? ''
  const signatures = [...inside.matchAll(/"(?:signature|nonce|transaction)":"([^"]{16,})"/g)].map(
    ([, one]) => one ?? '',
  )
  return [bare, ...signatures].flatMap((text) => {
    const pieces: string[] = []
    // A run of zeros is no secret.
    for (let at = 0; at + 16 <= text.length; at += 5) {
      const piece = text.slice(at, at + 16)
      if (!piece.includes('00000000')) pieces.push(piece)
    }
    return pieces
  })
}

function expectNothingShown(errors: readonly unknown[], sent: ReadonlySet<string>): void {
  // Addresses of tokens and payees are public, and stand in receipts as well as in transactions.
  const text = errors
    .map(shown)
    .join('\n')
    .replace(/0x[0-9a-f]{40}\b/gi, '')
    .toLowerCase()
  for (const value of sent) {
    for (const piece of piecesOf(value)) expect(text.includes(piece.toLowerCase()), piece).toBe(false)
  }
}

const forms: (EchoForm | undefined)[] = ['raw', 'decoded', 'escaped', 'cut', undefined]
const steps: FaultStep[] = ['quote', 'pay', 'poll', 'list', 'upload', 'blob', 'confirm', 'output']
const answers = [
  [403, false],
  [400, true],
] as const
const table = steps.flatMap((step) => forms.map((form) => [step, form] as const))

/** Does everything that can be done, and gathers what goes wrong. */
async function everything(studio: StableStudioClient): Promise<unknown[]> {
  const errors: unknown[] = []
  const keep = (error: unknown) => void errors.push(error)
  await played(studio.upload(png, { timeout: 20_000 }).catch(keep))
  const image = await played(studio.run(operation, input, { timeout: 60_000 }).catch(keep))
  if (image) await played(image.bytes({ timeout: 20_000 }).catch(keep))
  await played(studio.jobs.get('job_1').catch(keep))
  await played(studio.jobs.delete('job_1').catch(keep))
  await played(all(studio.jobs.list()).catch(keep))
  await played(studio.recover({ timeout: 20_000 }).catch(keep))
  return errors
}

describe.each(['x402', 'mpp'] as const)('a service that repeats what it was sent by %s', (pays) => {
  it.each(table)('at the step %s, in the form %s: no error shows it', async (step, form) => {
    for (const [status, page] of answers) {
      const { studio, sandbox, sent } = recorded(pays)
      sandbox.faults.add({ step, kind: 'echo', status, page, times: forEver, ...(form && { form }) })
      const errors = await everything(studio)
      expect(errors.length).toBeGreaterThan(0)
      expect(sent().size).toBeGreaterThan(0)
      expectNothingShown(errors, sent())
    }
  })
})

describe('a runtime or a service that repeats what it was sent in another place', () => {
  const repeating = (repeat: (value: string) => Response | never) => {
    const sent = new Set<string>()
    const { studio } = createStudio({
      fetch: counted(async (target, init) => {
        const headers = new Headers(init?.headers)
        const secret = headers.get('payment-signature') ?? headers.get('sign-in-with-x')
        if (!secret) return sandbox.fetch(target, init)
        sent.add(secret)
        return repeat(secret)
      }),
    })
    const sandbox = createSandbox()
    return { studio, sent }
  }

  it.each<[string, (value: string) => Response | never]>([
    [
      'an error of the runtime',
      (value) => {
        throw Object.assign(new TypeError(`failed: ${value}`), { request: { headers: { value } } })
      },
    ],
    [
      'what is no error at all',
      (value) => {
        throw { message: `failed: ${value}`, config: { headers: value } }
      },
    ],
    ['a text that is thrown', (value) => Promise.reject(value) as never],
    [
      'the request id',
      (value) => Response.json({ error: 'x' }, { status: 403, headers: { 'x-request-id': value } }),
    ],
    ['the content type', (value) => new Response('x', { status: 500, headers: { 'content-type': value } })],
    [
      'the issues of a refusal',
      (value) => Response.json({ issues: [{ path: [value], message: value }] }, { status: 400 }),
    ],
    [
      'the reason of a refusal',
      (value) => Response.json({ reason: `invalid_signature ${value}` }, { status: 402 }),
    ],
    [
      'the domain of a challenge',
      (value) =>
        Response.json(
          { x402Version: 2, accepts: [], extensions: { 'sign-in-with-x': { info: { domain: value } } } },
          { status: 402 },
        ),
    ],
  ])('%s: no error shows it', async (_name, repeat) => {
    const { studio, sent } = repeating(repeat)
    const errors: unknown[] = []
    const keep = (error: unknown) => void errors.push(error)
    await played(studio.run(operation, input, { timeout: 20_000 }).catch(keep))
    await played(studio.jobs.get('job_1').catch(keep))
    expect(errors).toHaveLength(2)
    expect(sent.size).toBeGreaterThan(0)
    expectNothingShown(errors, sent)
  })

  it('a failed job: neither its error nor its event shows it', async () => {
    const { studio, sandbox } = createStudio({
      fetch: counted(async (target, init) => {
        const answer = await sandbox.fetch(target, init)
        const proof = new Headers(init?.headers).get('sign-in-with-x')
        if (!proof) return answer
        sent.add(proof)
        return Response.json({ ...(await answer.json()), status: 'failed', error: `refused ${proof}` })
      }),
    })
    const sent = new Set<string>()
    const events: unknown[] = []
    studio.on('job.failed', (event) => events.push(event))
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'JobFailedError', details: expect.stringContaining('refused') })
    expectNothingShown([error, ...events], sent)
  })
})

describe('what was sent long before it is repeated', () => {
  it('a look whose answer comes after eighty others: its error does not show the proof', async () => {
    const sent = new Set<string>()
    const { studio, sandbox } = createStudio({
      fetch: counted(async (target, init) => {
        if (!String(target).endsWith('/slow')) return sandbox.fetch(target, init)
        const proof = new Headers(init?.headers).get('sign-in-with-x') ?? ''
        sent.add(proof)
        await new Promise((resolve) => setTimeout(resolve, 20_000))
        return Response.json({ error: proof.slice(-100) }, { status: 403 })
      }),
    })
    const slow = failure(studio.jobs.get('slow'))
    for (let at = 0; at < 80; at += 1) await played(studio.jobs.get(`job_${at}`).catch(() => {}))
    expectNothingShown([await played(slow)], sent)
    expect(sent.size).toBe(1)
  })

  it('a payment in a reason that does not decide, while other calls go on', async () => {
    const sent = new Set<string>()
    const { studio, sandbox } = createStudio({
      fetch: counted(async (target, init) => {
        const payment = new Headers(init?.headers).get('payment-signature')
        if (!payment) return sandbox.fetch(target, init)
        sent.add(payment)
        return Response.json({ reason: payment.slice(-70) }, { status: 402 })
      }),
    })
    const open = failure(studio.submit(operation, input, { timeout: 330_000 }))
    // Near its end a payment is not sent again.
    await pass(310_000)
    for (let at = 0; at < 80; at += 1) await played(studio.jobs.get(`job_${at}`).catch(() => {}))
    expectNothingShown([await played(open)], sent)
  })

  it.each(['?p=', '/'])('a payment in the address of the job (%s)', async (before) => {
    const sent = new Set<string>()
    const { studio, sandbox } = createStudio({
      fetch: counted(async (target, init) => {
        const answer = await sandbox.fetch(target, init)
        const payment = new Headers(init?.headers).get('payment-signature')
        if (!payment) return answer
        sent.add(payment)
        const pollUrl = `https://stablestudio.dev/api/jobs/x${before}${payment}`
        return Response.json({ ...(await answer.json()), pollUrl })
      }),
    })
    sandbox.faults.add({ step: 'poll', kind: 'job-failed' })
    const error = await played(failure(studio.run(operation, input)))
    expect(error).toMatchObject({ name: 'JobFailedError', job: { operation } })
    expectNothingShown([error], sent)
  })
})
