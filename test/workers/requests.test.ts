// What only workerd can show: its fetch may not be called as a method, and no request may wait for another's promise.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { bundleWorker, startWorker } from '../support/workerd.ts'

const entry = 'test/workers/requests.ts'
const script = bundleWorker(entry)

describe.each([
  { compatibilityDate: '2025-09-01' },
  { compatibilityDate: '2025-09-01', compatibilityFlags: ['nodejs_compat'] },
])('on workerd with %j', (options) => {
  it('an asset is downloaded, at once and after a bad moment of its host', async () => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked += 1
      response.writeHead(asked === 3 ? 503 : 200).end('picture')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const from = encodeURIComponent(`http://127.0.0.1:${(server.address() as AddressInfo).port}/cat.png`)
    const { url, close } = await startWorker(await script, options)
    try {
      for (const retries of [0, 2, 2]) {
        const said = await fetch(`${url}/download?from=${from}&retries=${retries}`)
        expect(await said.text()).toBe('200 picture')
      }
      expect(asked).toBe(4)
    } finally {
      await close()
      server.closeAllConnections()
      server.close()
    }
  })

  it('a wallet that requests share signs for each, whatever became of the one before', async () => {
    const { url, close } = await startWorker(await script, options)
    const ask = async (path: string) => (await fetch(`${url}${path}`)).text()
    try {
      expect(await ask('/leave')).toBe('left')
      expect(await Promise.all(Array.from({ length: 6 }, () => ask('/sign')))).toEqual(
        Array(6).fill('signed'),
      )
      expect([await ask('/leave'), await ask('/leave'), await ask('/sign')]).toEqual([
        'left',
        'left',
        'signed',
      ])
    } finally {
      await close()
    }
  })
})
