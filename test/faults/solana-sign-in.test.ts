// Sign-in challenges for somebody else, or that could deceive: a Solana account signs none of them.
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { createSolanaStudio, network, withChallenge } from '../support/solana.ts'
import { failure, input, operation } from '../support/studio.ts'

useTestClock()

// biome-ignore lint/suspicious/noExplicitAny: what hostile servers send
type Challenge = any

/** Proofs without a challenge are refused, and challenges are changed. */
async function studioWith(change: (extension: Challenge) => void) {
  const bend = withChallenge(({ extensions }) => {
    const extension = extensions?.['sign-in-with-x']
    if (extension) change(extension)
  })
  const world = await createSolanaStudio({ answer: (response) => bend(response) })
  world.sandbox.faults.add({ step: 'poll', kind: 'rechallenge' })
  const job = await played(world.studio.submit(operation, input))
  return { ...world, job }
}

const info = (fields: object) => (extension: Challenge) => Object.assign(extension.info, fields)

describe('a challenge', () => {
  it('is answered for the account’s own cluster, though it leads with an EVM chain', async () => {
    const { studio, job, signed } = await studioWith(() => {})
    await played(studio.jobs.get(job.id))
    expect(signed.texts).toHaveLength(2)
    expect(signed.texts[1]).toContain(`Chain ID: ${network.replace('solana:', '')}`)
  })

  it.each<[string, (extension: Challenge) => void]>([
    [
      'for EVM accounts only',
      (extension) => (extension.supportedChains = extension.supportedChains.slice(0, 1)),
    ],
    ['without chains', (extension) => (extension.supportedChains = undefined)],
    [
      'for another cluster',
      (extension) => (extension.supportedChains[1].chainId = 'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1'),
    ],
    ['for our cluster by another signature', (extension) => (extension.supportedChains[1].type = 'eip191')],
    [
      'with a line break in its chain',
      (extension) => (extension.supportedChains[1].chainId = `${network}\nNonce: 1`),
    ],
    ['for another domain', info({ domain: 'evil.example' })],
    ['for another origin', info({ uri: 'https://evil.example/api/jobs' })],
    ['with a line break in its statement', info({ statement: 'a\nURI: https://evil.example' })],
    ['with a line break in its nonce', info({ nonce: '12345678\nx' })],
    ['that lasts for ever', info({ expirationTime: '2036-01-01T00:00:00.000Z' })],
    ['that is old', info({ issuedAt: '2026-11-22T11:00:00.000Z' })],
  ])('%s is not signed', async (_what, change) => {
    const { studio, job, signed, sandbox } = await studioWith(change)
    const error = await played(failure(studio.jobs.get(job.id)))
    expect(error).toMatchObject({ name: 'SignInError', code: 'signin_mismatch', payment: 'none' })
    expect(signed.texts).toHaveLength(1)
    expect(sandbox.settlements()).toHaveLength(1)
  })
})
