// Signing in for the jobs of an account on Tempo: by SIGN-IN-WITH-X, or by proofs of MPP.

import { StableStudioClient } from 'stablestudio'
import { mpp } from 'stablestudio/mpp'
import { describe, expect, it } from 'vitest'
import { counted, played, useTestClock } from '../support/clock.ts'
import { all, failure, input, operation } from '../support/studio.ts'
import {
  countingAccount,
  createTempoStudio,
  tempoRpc,
  withChallenge,
  withDetails,
  withParameter,
  withRequest,
} from '../support/tempo.ts'

useTestClock()

describe('signing in', () => {
  it('is by SIGN-IN-WITH-X where the client has a wallet: one round trip a poll', async () => {
    const { account, sandbox, signed } = createTempoStudio()
    const fetch = counted(sandbox.fetch)
    const payWith = [mpp({ account, rpcUrl: tempoRpc, fetch })]
    const studio = new StableStudioClient({ wallet: account, payWith, fetch })
    await played(studio.run(operation, input))
    expect(signed.typedData).toEqual([])
    const polls = sandbox.requests().filter(({ path }) => path.startsWith('/api/jobs/'))
    expect(polls.every(({ signedIn, status }) => signedIn && status === 200)).toBe(true)
  })

  it('by proof lists and reads the account’s own jobs only', async () => {
    const { studio, sandbox } = createTempoStudio()
    const job = await played(studio.submit(operation, input))
    expect(await played(all(studio.jobs.list()))).toMatchObject([{ id: job.id }])
    expect(await played(studio.jobs.get(job.id))).toMatchObject({ id: job.id })
    const other = countingAccount().account
    const fetch = counted(sandbox.fetch)
    const stranger = new StableStudioClient({ payWith: [mpp({ account: other })], fetch })
    expect(await played(failure(stranger.jobs.get(job.id)))).toMatchObject({ name: 'SignInError' })
    expect(await played(all(stranger.jobs.list()))).toEqual([])
  })

  it.each([
    ['for another realm', withParameter('realm', 'evil.example')],
    ['for another chain', withDetails({ chainId: 42431 })],
    ['that asks for money', withRequest({ amount: '170000' })],
    ['that has expired', withParameter('expires', '2026-11-22T11:00:00.000Z')],
    ['that lives for ever', withParameter('expires', '2036-11-22T11:00:00.000Z')],
    ['of another intent', withParameter('intent', 'subscription')],
    ['that cannot be read', (header: string) => `${header}"`],
  ])('a challenge %s is not signed', async (_what, change) => {
    const { studio, sandbox, signed } = createTempoStudio({
      answer: (response, request) =>
        request.url.includes('/api/jobs') ? withChallenge(response, change) : response,
    })
    const job = await played(studio.submit(operation, input))
    const error = await played(failure(studio.jobs.get(job.id)))
    expect(error).toMatchObject({ name: 'SignInError', code: 'signin_mismatch', payment: 'none' })
    expect(signed.typedData).toEqual([])
    expect(sandbox.settlements()).toHaveLength(1)
  })

  it('says so when the service asks for no proof', async () => {
    const { studio } = createTempoStudio({
      answer(response, request) {
        if (!request.url.includes('/api/jobs')) return response
        const headers = new Headers(response.headers)
        headers.delete('www-authenticate')
        return new Response(response.body, { status: response.status, headers })
      },
    })
    expect(await played(failure(studio.jobs.get('abc')))).toMatchObject({ code: 'signin_refused' })
  })

  it('needs a fresh challenge each time: a proof counts once', async () => {
    const { studio, sandbox, requests } = createTempoStudio()
    const job = await played(studio.submit(operation, input))
    await played(studio.jobs.get(job.id))
    const proven = requests.findLast(({ headers }) => headers.has('authorization'))
    if (!proven) throw new Error('no proof')
    expect((await sandbox.fetch(proven)).status).toBe(402)
  })
})
