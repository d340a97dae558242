// A wallet that asks a person, and answers that get lost: what that costs them in prompts.

import { StableStudioClient } from 'stablestudio'
import { describe, expect, it } from 'vitest'
import { playedExactly, useTestClock } from '../support/clock.ts'
import { createJobService, createPrompted, promptingWallet } from '../support/job-service.ts'
import { failure } from '../support/studio.ts'

useTestClock()

const veo = 'veo-3.1/generate'
const typicalMs = 90_000

describe('a lost answer', () => {
  it('to the question for a challenge costs no prompt', async () => {
    const { studio, job, prompts, seen } = createPrompted({
      operation: veo,
      tookMs: typicalMs,
      bend: (_request, count) => (count <= 3 ? Promise.reject(new TypeError('fetch failed')) : undefined),
    })
    await playedExactly(studio.wait(job))
    expect(seen).toHaveLength(5)
    expect(prompts).toHaveLength(1)
  })

  it.each([
    ['a network error', () => Promise.reject(new TypeError('fetch failed'))],
    ['503', () => new Response('busy', { status: 503 })],
    ['429', () => new Response('', { status: 429, headers: { 'retry-after': '7' } })],
    ['a page', () => new Response('<html>')],
  ] as const)(
    'before the service saw the proof (%s) costs no prompt: the same proof goes again',
    async (_name, lost) => {
      let losses = 0
      const proofs: string[] = []
      const { studio, job, prompts } = createPrompted({
        operation: veo,
        tookMs: typicalMs,
        bend(request) {
          const proof = request.headers.get('sign-in-with-x')
          if (proof) proofs.push(proof)
          if (!proof || losses >= 2) return undefined
          losses += 1
          return lost()
        },
      })
      await playedExactly(studio.wait(job))
      expect(prompts).toHaveLength(1)
      expect(proofs).toHaveLength(3)
      expect(new Set(proofs).size).toBe(1)
    },
  )

  it('after the service used the proof up costs the second prompt, at its own time, and no third', async () => {
    const service = createJobService({ operation: veo, tookMs: typicalMs })
    const person = promptingWallet()
    let lost = 0
    const studio = new StableStudioClient({
      wallet: person.client,
      async fetch(request, init) {
        const answer = await service.fetch(request, init)
        if (answer.status === 200 && lost++ === 0) throw new TypeError('terminated')
        return answer
      },
    })
    await playedExactly(studio.wait(service.job))
    expect(service.seen.map(({ status }) => status)).toEqual([402, 200, 402, 402, 200])
    expect(person.prompts).toHaveLength(2)
    const pause = (person.prompts[1]?.at ?? 0) - (person.prompts[0]?.at ?? 0)
    expect(pause).toBeGreaterThan(typicalMs / 2)
  })

  it('of a person who needed six minutes ends in another prompt, not in an error', async () => {
    const person = promptingWallet()
    const { fetch, job, seen } = createJobService({ operation: veo, tookMs: typicalMs })
    let prompts = 0
    const slow = {
      ...person.client,
      async signMessage(given: { message: string }) {
        prompts += 1
        // The wallet itself is given up after five minutes; a challenge lives just as long.
        if (prompts === 1) await new Promise((resolve) => setTimeout(resolve, 299_000))
        return person.client.signMessage({ account: person.address, ...given } as never)
      },
    } as typeof person.client
    const studio = new StableStudioClient({
      wallet: slow,
      async fetch(request, init) {
        const headers = new Request(request, init).headers
        if (headers.has('sign-in-with-x') && prompts === 1)
          await new Promise((resolve) => setTimeout(resolve, 5_000))
        return fetch(request, init)
      },
    })
    expect((await playedExactly(studio.wait(job))).jobId).toBe(job.id)
    expect(seen.map(({ status }) => status)).toEqual([402, 402, 402, 200])
    expect(prompts).toBe(2)
  })

  it('for another reason is final: a wallet that cannot sign in is not asked again and again', async () => {
    const { studio, job, prompts } = createPrompted({
      operation: veo,
      tookMs: typicalMs,
      bend: (request) =>
        request.headers.has('sign-in-with-x')
          ? Response.json({ error: 'siwx_invalid_signature' }, { status: 402 })
          : undefined,
    })
    const error = await playedExactly(failure(studio.wait(job)))
    expect(error).toMatchObject({ code: 'signin_refused', job: { id: job.id }, payment: 'settled' })
    expect(prompts).toHaveLength(1)
  })
})
