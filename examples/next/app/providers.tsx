'use client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { base } from 'viem/chains'
import { createConfig, http, WagmiProvider } from 'wagmi'
import { announceDemoWallet } from '../lib/demo-wallet.ts'
import { isSandbox, rpcPath } from '../lib/settings.ts'

const config = createConfig({
  chains: [base],
  ssr: true,
  transports: { [base.id]: http(isSandbox ? rpcPath : undefined) },
})

export function Providers({ children }: { children: ReactNode }) {
  const [queries] = useState(() => new QueryClient())
  useEffect(() => {
    if (isSandbox) void announceDemoWallet()
  }, [])
  return (
    <WagmiProvider config={config}>
      <QueryClientProvider client={queries}>{children}</QueryClientProvider>
    </WagmiProvider>
  )
}
