// Where requests may go: addresses that the client takes, and those that it refuses.
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ClientOptions } from '../../src/config.ts'
import { contextOf as makeContext, paths, refusal } from '../support/context.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const contextOf = (options: unknown) => makeContext(options as ClientOptions)

describe('URLs', () => {
  it.each([
    'http://stablestudio.dev',
    'http://127.0.0.1.evil.example',
    'http://localhost.evil.example',
    'http://128.0.0.1',
    'http://0.0.0.0',
    'http://[::2]',
    'http://192.168.0.1:3000',
    'ftp://stablestudio.dev',
    'javascript:alert(1)',
    'data:text/plain,x',
    'file:///etc/passwd',
    'stablestudio.dev',
    '//stablestudio.dev',
    '/api/stablestudio',
    '',
    'https://user@stablestudio.dev',
    'https://user:secret@stablestudio.dev',
    'https://stablestudio.dev/?key=1',
    'https://stablestudio.dev/#x',
    7,
    new URL('https://stablestudio.dev'),
  ])('are refused as the base URL: %s', (baseUrl) => {
    expect(paths(refusal({ baseUrl }))).toEqual(['baseUrl'])
  })

  it.each([
    ['https://stablestudio.dev', 'https://stablestudio.dev'],
    ['https://stablestudio.dev///', 'https://stablestudio.dev'],
    ['https://example.com/api/stablestudio/', 'https://example.com/api/stablestudio'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:4021', 'http://127.0.0.1:4021'],
    ['http://127.1.2.3', 'http://127.1.2.3'],
    ['http://[::1]:4021', 'http://[::1]:4021'],
  ])('are taken as the base URL: %s', (baseUrl, taken) => {
    expect(contextOf({ baseUrl }).baseUrl).toBe(taken)
  })

  it('may be a path on a page, and only there', () => {
    expect(refusal({ baseUrl: '/api/stablestudio' }).message).toContain('a path works in a browser only')
    vi.stubGlobal('location', { origin: 'https://dapp.example' })
    expect(contextOf({ baseUrl: '/api/stablestudio' }).baseUrl).toBe('https://dapp.example/api/stablestudio')
    expect(paths(refusal({ baseUrl: '//evil.example/api' }))).toEqual(['baseUrl'])
    for (const odd of ['/\\evil.example/api', '/api?key=1', '/api#x']) {
      expect(paths(refusal({ baseUrl: odd }))).toEqual(['baseUrl'])
    }
    vi.stubGlobal('location', { origin: 'http://dapp.example' })
    expect(refusal({ baseUrl: '/api/stablestudio' }).message).toContain('must use https')
    vi.stubGlobal('location', { origin: 'null' })
    expect(paths(refusal({ baseUrl: '/api/stablestudio' }))).toEqual(['baseUrl'])
  })

  it.each([
    ['https://stablestudio.dev', 'https://vercel.com/api/blob/'],
    ['https://stablestudio.dev/', 'https://vercel.com/api/blob/'],
    ['https://dapp.example/api/stablestudio', 'https://dapp.example/api/stablestudio/api/blob'],
    ['/api/stablestudio/', 'https://dapp.example/api/stablestudio/api/blob'],
    ['http://127.0.0.1:4021', 'http://127.0.0.1:4021/api/blob'],
  ])('decide where uploads are put: below %s at %s', (baseUrl, blobUrl) => {
    vi.stubGlobal('location', { origin: 'https://dapp.example' })
    expect(contextOf({ baseUrl }).blobUrl).toBe(blobUrl)
    expect(contextOf({ baseUrl, blobUrl: 'https://blobs.example/' }).blobUrl).toBe('https://blobs.example/')
  })

  it('are an origin where the service itself is named', () => {
    expect(contextOf({ origin: 'https://StableStudio.dev:443/' }).origin).toBe('https://stablestudio.dev')
    for (const origin of [
      'https://stablestudio.dev/api',
      'http://stablestudio.dev',
      '/x',
      'stablestudio.dev',
    ]) {
      expect(paths(refusal({ origin }))).toEqual(['origin'])
    }
  })
})
