import fc from 'fast-check'
import { createSiweMessage } from 'viem/siwe'
import { describe, expect, it } from 'vitest'
import { formatSignInMessage, type SignInMessage } from '../../../src/siwx/message.ts'

fc.configureGlobal({ seed: 20261122 })

const address = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
const message: SignInMessage = {
  domain: 'stablestudio.dev',
  address,
  uri: 'https://stablestudio.dev/api/jobs/job_1?x=1',
  version: '1',
  chainId: 'eip155:8453',
  nonce: '2710d710682a46069f5a3e421504a1dc',
  issuedAt: '2026-11-22T15:11:09.984Z',
}
const fields = [
  'URI: https://stablestudio.dev/api/jobs/job_1?x=1',
  'Version: 1',
  'Chain ID: 8453',
  'Nonce: 2710d710682a46069f5a3e421504a1dc',
  'Issued At: 2026-11-22T15:11:09.984Z',
].join('\n')
const head = `stablestudio.dev wants you to sign in with your Ethereum account:\n${address}\n`

describe('formatSignInMessage', () => {
  it('has one line for a statement, between blank ones', () => {
    const statement = 'Sign in to verify your wallet identity'
    expect(formatSignInMessage({ ...message, statement })).toBe(`${head}\n${statement}\n\n${fields}`)
  })

  it('has two blank lines without a statement', () => {
    expect(formatSignInMessage(message)).toBe(`${head}\n\n${fields}`)
    expect(formatSignInMessage({ ...message, statement: undefined })).toBe(`${head}\n\n${fields}`)
  })

  it('has three blank lines around an empty statement', () => {
    expect(formatSignInMessage({ ...message, statement: '' })).toBe(`${head}\n\n\n${fields}`)
  })

  it('ends with the optional fields, in the order of EIP-4361', () => {
    const text = formatSignInMessage({
      ...message,
      expirationTime: '2026-11-22T15:16:09.984Z',
      notBefore: '2026-11-22T15:11:00Z',
      requestId: 'r-1',
      resources: ['https://stablestudio.dev/api/inbox', 'https://stablestudio.dev/'],
    })
    expect(text).toBe(
      `${head}\n\n${fields}\nExpiration Time: 2026-11-22T15:16:09.984Z\nNot Before: 2026-11-22T15:11:00Z\n` +
        'Request ID: r-1\nResources:\n- https://stablestudio.dev/api/inbox\n- https://stablestudio.dev/',
    )
  })

  it('has the title of an empty list and no empty times, as the reference library, and no line break at its end', () => {
    expect(formatSignInMessage({ ...message, resources: [] })).toBe(`${head}\n\n${fields}\nResources:`)
    expect(formatSignInMessage({ ...message, expirationTime: '', notBefore: '' })).toBe(
      `${head}\n\n${fields}`,
    )
  })

  it('shows the address checksummed, whatever its case', () => {
    const lower = address.toLowerCase() as `0x${string}`
    expect(formatSignInMessage({ ...message, address: lower })).toBe(formatSignInMessage(message))
  })

  it('copies timestamps verbatim, never through Date', () => {
    for (const issuedAt of ['2026-11-22T15:11:09Z', '2026-11-22T15:11:09.9Z', '2026-11-22T16:11:09+01:00']) {
      expect(formatSignInMessage({ ...message, issuedAt })).toContain(`\nIssued At: ${issuedAt}`)
    }
  })

  it('shows the number of the chain', () => {
    expect(formatSignInMessage({ ...message, chainId: 'eip155:84532' })).toContain('\nChain ID: 84532\n')
  })

  it('equals what viem writes for the fields that both know', () => {
    const time = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    const word = fc.stringMatching(/^[A-Za-z0-9]{8,40}$/)
    const line = fc.stringMatching(/^[\x20-\x7e]{1,80}$/)
    const path = fc.stringMatching(/^[a-z0-9/_-]{0,30}$/)
    const facts = fc.record(
      {
        path,
        nonce: word,
        issuedAt: time,
        chainId: fc.constantFrom(8453, 84532),
        statement: line,
        expirationTime: time,
        notBefore: time,
        requestId: word,
        resources: fc.array(path, { minLength: 1, maxLength: 4 }),
      },
      { requiredKeys: ['path', 'nonce', 'issuedAt', 'chainId', 'statement'] },
    )
    fc.assert(
      fc.property(facts, ({ path: at, chainId, resources, ...given }) => {
        const uri = `https://stablestudio.dev/${at}`
        const list = resources && { resources: resources.map((one) => `https://stablestudio.dev/${one}`) }
        const base = { domain: 'stablestudio.dev', address, uri, version: '1' } as const
        const { issuedAt, expirationTime, notBefore, ...texts } = given
        const ours = formatSignInMessage({
          ...base,
          ...texts,
          ...list,
          chainId: `eip155:${chainId}`,
          issuedAt: issuedAt.toISOString(),
          expirationTime: expirationTime?.toISOString(),
          notBefore: notBefore?.toISOString(),
        } as SignInMessage)
        expect(ours).toBe(createSiweMessage({ ...base, ...given, ...list, chainId }))
      }),
      { numRuns: 500 },
    )
  })
})
