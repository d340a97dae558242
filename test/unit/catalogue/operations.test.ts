import { describe, expect, it } from 'vitest'
import { operationIds } from '../../../src/catalogue/ids.ts'
import { findOperation, replacementsOf, timingOf } from '../../../src/catalogue/operations.ts'
import { validateInput } from '../../../src/catalogue/validate.ts'
import { parseUsd } from '../../../src/internal/usd.ts'
import { smallest } from './inputs.ts'

describe.each(operationIds())('%s', (id) => {
  const operation = findOperation(id)

  const input = validateInput(id, smallest(id))

  it('is known under its own name, and takes what it requires', () => {
    expect(operation).toBeDefined()
    expect(id).toMatch(/^[a-z0-9.-]+\/[a-z0-9-]+$/)
    expect(input).toMatchObject(smallest(id))
  })

  it('requires every field that it says it requires', () => {
    for (const name of Object.keys(smallest(id))) {
      const { [name]: _gone, ...rest } = smallest(id)
      expect(() => validateInput(id, rest)).toThrow(`${name}: is required`)
    }
  })

  it('has a list price that the price guard can read', () => {
    const { min = '', max = '' } = operation?.price(input) ?? {}
    const [low, high] = [parseUsd(min), parseUsd(max)]
    expect(low).toBeGreaterThan(0n)
    expect(high).toBeGreaterThanOrEqual(low ?? 0n)
    // The service asks $10 or $20 for a body that it cannot price: the guard must be below.
    expect(high).toBeLessThan(8_000_000n)
  })

  it('has times that make sense together', () => {
    const { typicalSeconds, pollSeconds, deadlineSeconds } = timingOf(id)
    expect(typicalSeconds).toBeGreaterThan(0)
    expect(pollSeconds).toBeGreaterThanOrEqual(5)
    expect(deadlineSeconds).toBeGreaterThan(3 * typicalSeconds)
  })
})

describe('the registry', () => {
  it('lists gpt-image-1 at the price of the design, and polls it as the service asks', () => {
    expect(findOperation('gpt-image-1/generate')?.price({})).toEqual({ min: '0.011', max: '0.25' })
    expect(timingOf('gpt-image-1/generate')).toMatchObject({ pollSeconds: 10, deadlineSeconds: 600 })
    expect(timingOf('flux-2-pro/generate')).toMatchObject({ pollSeconds: 5, deadlineSeconds: 300 })
  })

  it.each([
    '',
    'toString',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'gpt-image-1',
    'GPT-IMAGE-1/generate',
  ])('does not know %j', (name) => {
    expect(findOperation(name)).toBeUndefined()
    expect(timingOf(name)).toEqual({ typicalSeconds: 30, pollSeconds: 10, deadlineSeconds: 1200 })
  })

  it('names what replaced a removed operation', () => {
    expect(replacementsOf('gpt-image-1/generate')).toEqual(['gpt-image-1.5/generate', 'gpt-image-2/generate'])
    expect(replacementsOf('gpt-image-1/edit')).toEqual(['gpt-image-1.5/edit', 'gpt-image-2/edit'])
    for (const name of ['flux-2/generate', 'toString/x', '__proto__/x', 'constructor/x', '', '/']) {
      expect(replacementsOf(name)).toEqual([])
    }
  })
})
