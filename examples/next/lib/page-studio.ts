'use client'
// The spend account of this page, and the client that pays with it.
import { useEffect, useState } from 'react'
import { StableStudioClient, x402 } from 'stablestudio'
import { createSpendAccount, indexedDbStore, type SpendAccount } from 'stablestudio/browser'
import { isSandbox, rpcPath } from './settings.ts'

export type Page = { spend: SpendAccount; studio: StableStudioClient }

/** One for the page, however often React mounts: made when the browser first asks for it. */
let opened: Promise<Page> | undefined

async function open(): Promise<Page> {
  const name = isSandbox ? 'sandbox' : 'pictures'
  const origin = isSandbox ? location.origin : 'https://stablestudio.dev'
  const spend = await createSpendAccount({
    name,
    origin,
    rpc: isSandbox ? rpcPath : 'https://mainnet.base.org',
  })
  const studio = new StableStudioClient({
    wallet: spend,
    baseUrl: '/api/stablestudio',
    origin,
    limits: { perCall: '0.50', perDay: '5' },
    store: indexedDbStore(name),
    payWith: [x402({ networks: ['eip155:8453'] })],
  })
  return { spend, studio }
}

export function usePageStudio(): { page?: Page; failed?: string } {
  const [found, setFound] = useState<{ page?: Page; failed?: string }>({})
  useEffect(() => {
    opened ??= open()
    opened.then(
      (page) => setFound({ page }),
      (error) => setFound({ failed: error.message }),
    )
  }, [])
  return found
}
