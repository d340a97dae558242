// The contract of a payment store, kept by the serverless example's Durable Object on workerd.

import { generatePrivateKey } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { storeRules } from '../../src/stores/conformance/rules.ts'
import { useFolders } from '../support/folder.ts'
import { onWorkerd, type Running } from '../support/serverless.ts'

const newFolder = useFolders()

describe('the store in a Durable Object', () => {
  let running: Running
  beforeAll(async () => {
    const settings = { PRIVATE_KEY: generatePrivateKey(), API_TOKEN: 'x', STUDIO_URL: 'http://127.0.0.1:9' }
    running = await onWorkerd(settings, await newFolder())
  })
  afterAll(() => running.kill())

  it.each(storeRules.map(({ name }) => name))('%s', { timeout: 120_000 }, async (name) => {
    // A connection of its own: one that lay idle may be closed just as it is used again.
    const headers = { connection: 'close' }
    const answer = await fetch(`${running.url}/rule/${encodeURIComponent(name)}`, { headers })
    expect(await answer.text()).toBe('kept')
  })
})
