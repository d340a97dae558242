// Starts the page: wagmi around it, and on the sandbox a demo wallet.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { base } from 'viem/chains'
import { createConfig, http, WagmiProvider } from 'wagmi'
import { App } from './app.tsx'
import { announceDemoWallet } from './demo-wallet.ts'
import { isSandbox } from './settings.ts'

if (isSandbox) await announceDemoWallet()
const config = createConfig({
  chains: [base],
  transports: { [base.id]: http(isSandbox ? '/rpc' : undefined) },
})

createRoot(document.querySelector('main') as HTMLElement).render(
  <StrictMode>
    <WagmiProvider config={config}>
      <QueryClientProvider client={new QueryClient()}>
        <App />
      </QueryClientProvider>
    </WagmiProvider>
  </StrictMode>,
)
