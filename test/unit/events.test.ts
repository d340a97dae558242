import { describe, expect, it, vi } from 'vitest'
import { createEvents } from '../../src/events.ts'

const payment = () => ({ attemptId: 'att_1', operation: 'gpt-image-1/generate', usd: '0.17' })

describe('events', () => {
  it('reach every listener of their name, in order, with their payload', () => {
    const events = createEvents()
    const seen: string[] = []
    events.on('payment.reserved', ({ usd }) => seen.push(`first ${usd}`))
    events.on('payment.reserved', ({ usd }) => seen.push(`second ${usd}`))
    events.on('payment.unknown', () => seen.push('other'))
    events.emit('payment.reserved', payment)
    expect(seen).toEqual(['first 0.17', 'second 0.17'])
  })

  it('go nowhere without a listener', () => {
    const events = createEvents()
    const make = vi.fn(payment)
    events.emit('payment.reserved', make)
    events.on('payment.reserved', () => {})()
    events.emit('payment.reserved', make)
    // What no one hears is not even put together.
    expect(make).not.toHaveBeenCalled()
  })

  it('are not stopped by a listener that throws', () => {
    const events = createEvents()
    const seen: string[] = []
    events.on('payment.reserved', () => {
      throw new Error('broken listener')
    })
    events.on('payment.reserved', () => seen.push('still told'))
    expect(() => events.emit('payment.reserved', payment)).not.toThrow()
    expect(seen).toEqual(['still told'])
  })

  it('turn no rejection of an async listener into an unhandled one', async () => {
    const events = createEvents()
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', listen)
    events.on('payment.reserved', async () => {
      throw new Error('broken async listener')
    })
    events.emit('payment.reserved', payment)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })

  it('carry a frozen payload, so that no listener changes what the next one sees', () => {
    const events = createEvents()
    const seen: string[] = []
    events.on('payment.reserved', (payload) => {
      seen.push(`frozen ${Object.isFrozen(payload)}`)
      Reflect.set(payload, 'usd', '0.00')
      ;(payload as { usd: string }).usd = '0.00'
    })
    events.on('payment.reserved', ({ usd }) => seen.push(usd))
    events.emit('payment.reserved', payment)
    expect(seen).toEqual(['frozen true', '0.17'])
  })

  it('end for a listener with its off function, which may be called twice', () => {
    const events = createEvents()
    const seen: string[] = []
    const off = events.on('payment.reserved', () => seen.push('a'))
    events.on('payment.reserved', () => seen.push('b'))
    off()
    off()
    events.emit('payment.reserved', payment)
    expect(seen).toEqual(['b'])
  })

  it('reach those that listened when they were sent, also when one of them leaves or comes', () => {
    const events = createEvents()
    const seen: string[] = []
    events.on('payment.reserved', () => {
      offSecond()
      events.on('payment.reserved', () => seen.push('late'))
      seen.push('first')
    })
    const offSecond = events.on('payment.reserved', () => seen.push('second'))
    events.emit('payment.reserved', payment)
    expect(seen).toEqual(['first', 'second'])
    events.emit('payment.reserved', payment)
    expect(seen).toEqual(['first', 'second', 'first', 'late'])
  })
})
