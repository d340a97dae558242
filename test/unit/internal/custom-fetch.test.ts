// A `fetch` of the caller: whatever it does, a request ends, and shows no secret.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHttp } from '../../../src/internal/http.ts'
import { createSecrets } from '../../../src/internal/secrets.ts'
import { closers, failed, send } from './http-kit.ts'

afterEach(() => {
  for (const close of closers.splice(0)) close()
  vi.useRealTimers()
})

describe('a custom fetch', () => {
  it('that ignores the signal cannot hold up a timeout or an abort', async () => {
    const deaf: typeof fetch = () => new Promise(() => {})
    expect(failed(await send('https://stablestudio.dev/', { timeoutMs: 20 }, deaf)).reason).toBe('timeout')
    const stop = new AbortController()
    const waiting = send('https://stablestudio.dev/', { signal: stop.signal }, deaf)
    stop.abort()
    expect(failed(await waiting).reason).toBe('aborted')
  })

  it('whose body never ends cannot hold up a timeout, and is let go', async () => {
    const cancel = vi.fn()
    const endless: typeof fetch = async () =>
      new Response(new ReadableStream({ pull: () => new Promise(() => {}), cancel }))
    const result = failed(await send('https://stablestudio.dev/', { timeoutMs: 20 }, endless))
    expect(result).toMatchObject({ reason: 'timeout', status: 200 })
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('that throws or rejects is a network failure without the request', async () => {
    const cause = new TypeError('fetch failed')
    const throwing: typeof fetch = () => {
      throw cause
    }
    const rejecting: typeof fetch = () => Promise.reject(cause)
    for (const broken of [throwing, rejecting]) {
      expect(failed(await send('https://stablestudio.dev/', {}, broken)).reason).toBe('network')
    }
  })

  const unreadable = {
    toString() {
      throw new Error('unreadable')
    },
  }
  it.each([{ error: 'an object' }, undefined, 7, unreadable])(
    'that fails with an error whose message is %j is a network failure, as an abort with one is an abort',
    async (message) => {
      const odd = Object.assign(new Error(), { message })
      const broken: typeof fetch = () => Promise.reject(odd)
      expect(failed(await send('https://stablestudio.dev/', {}, broken)).reason).toBe('network')
      const stop = new AbortController()
      const deaf: typeof fetch = () => new Promise(() => {})
      const waiting = send('https://stablestudio.dev/', { signal: stop.signal }, deaf)
      stop.abort(odd)
      expect(failed(await waiting).reason).toBe('aborted')
    },
  )

  it('that answers when no one waits any more is let go unread', async () => {
    let answer: (response: Response) => void = () => {}
    const late: typeof fetch = () =>
      new Promise((resolve) => {
        answer = resolve
      })
    const observed = vi.fn()
    const [pull, cancel] = [vi.fn(), vi.fn()]
    const http = createHttp(late, observed, createSecrets())
    const result = await http({ method: 'GET', url: 'https://stablestudio.dev/', timeoutMs: 20 })
    expect(failed(result).reason).toBe('timeout')
    answer(new Response(new ReadableStream({ pull, cancel }, { highWaterMark: 0 })))
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledOnce())
    expect(pull).not.toHaveBeenCalled()
    expect(observed).not.toHaveBeenCalled()
  })

  it('is told not to follow redirects', async () => {
    const seen: (string | undefined)[] = []
    const spy: typeof fetch = async (input, init) => {
      seen.push(init?.redirect ?? (input instanceof Request ? input.redirect : undefined))
      return new Response('{}')
    }
    await send('https://stablestudio.dev/', {}, spy)
    expect(seen).toEqual(['manual'])
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 40])('may take %d ms', async (timeoutMs) => {
    vi.useFakeTimers()
    const slow: typeof fetch = () =>
      new Promise((resolve) => setTimeout(() => resolve(new Response('{}')), 60_000))
    const sending = send('https://stablestudio.dev/', { timeoutMs }, slow)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await sending).toMatchObject({ status: 200 })
  })

  it('answers and fails without leaving a timer behind', async () => {
    vi.useFakeTimers()
    const quick: typeof fetch = async () => new Response('{}')
    const broken: typeof fetch = () => Promise.reject(new TypeError('fetch failed'))
    const large: typeof fetch = async () => new Response('x'.repeat(100))
    await send('https://stablestudio.dev/', {}, quick)
    await send('https://stablestudio.dev/', {}, broken)
    await send('https://stablestudio.dev/', { maxBytes: 10 }, large)
    await send('https://stablestudio.dev/', { signal: AbortSignal.abort() }, quick)
    expect(vi.getTimerCount()).toBe(0)
  })
})
