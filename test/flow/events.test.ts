// `on`: each step of a payment as an event, for a user interface or a log.
import { describe, expect, it } from 'vitest'
import { played, useTestClock } from '../support/clock.ts'
import { createStudio, input, operation } from '../support/studio.ts'

useTestClock()

describe('events', () => {
  it('tells each step as an event, without signature or prompt', async () => {
    const { studio } = createStudio()
    const events: [string, unknown][] = []
    const names = [
      'offer.received',
      'payment.reserved',
      'payee.pinned',
      'payment.signed',
      'payment.settled',
      'job.created',
      'job.completed',
    ] as const
    for (const name of names) studio.on(name, (payload) => events.push([name, payload]))
    studio.on('payment.signed', () => {
      throw new Error('a listener must not disturb a payment')
    })
    await played(studio.run(operation, input))
    expect(events.map(([name]) => name)).toEqual([...names])
    const text = JSON.stringify(events)
    expect(text).not.toContain(input.prompt)
    expect(text).not.toMatch(/0x[0-9a-f]{130}/i)
  })
})
