import { describe, expect, it } from 'vitest'
import { createProxy, type ProxyOptions } from '../../../src/entries/proxy.ts'
import { blob, mount, put } from './kit.ts'

describe('options', () => {
  it.each([
    ['target', 'http://stablestudio.dev'],
    ['target', 'https://stablestudio.dev/api'],
    ['target', 'https://user@stablestudio.dev'],
    ['target', '/'],
    ['blobUrl', 'ftp://x.example'],
    ['blobUrl', 'https://x.example/?a=1'],
    ['basePath', 'api'],
    ['basePath', '/api?x'],
    ['basePath', '//evil.example'],
    ['allowOrigins', '*'],
    ['allowOrigins', ['*']],
    ['allowOrigins', ['https://app.example/']],
    ['allowOrigins', ['app.example']],
    ['allowOrigins', ['null']],
    ['authorize', true],
    ['rateLimit', 5],
    ['maxBodyBytes', 0],
    ['maxUploadBytes', -1],
    ['maxAnswerBytes', Number.POSITIVE_INFINITY],
    ['timeout', 0],
    ['fetch', 'fetch'],
    ['allowOrigin', ['https://app.example']],
  ])('refuse %s: %j', (name, value) => {
    let error: unknown
    try {
      createProxy({ [name]: value } as ProxyOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({
      name: 'InvalidInputError',
      code: 'invalid_config',
      issues: [{ path: name }],
    })
  })

  it('go to the service and to Vercel unless they say otherwise', async () => {
    const urls: string[] = []
    const fetch = async (url: unknown) => {
      urls.push(String(url))
      return Response.json({})
    }
    const proxy = createProxy({ fetch: fetch as never })
    await proxy(new Request(`${mount}/api/jobs?limit=5`))
    await proxy(new Request(`${mount}${blob}`, put()))
    const other = createProxy({
      fetch: fetch as never,
      blobUrl: 'https://blobs.example/put',
      basePath: '/x/',
    })
    await other(new Request(`https://app.example/x${blob}`, put()))
    expect(urls).toEqual([
      'https://stablestudio.dev/api/jobs?limit=5',
      'https://vercel.com/api/blob/?pathname=uploads%2F1%2Fa.png',
      'https://blobs.example/put?pathname=uploads%2F1%2Fa.png',
    ])
  })
})
