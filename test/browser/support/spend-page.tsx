// Runs in a real browser: a dapp as React developers write it, with wagmi, a spend account and the hook. In StrictMode.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode, useEffect, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { StableStudioClient, x402 } from 'stablestudio'
import { createSpendAccount, indexedDbStore, type SpendAccount } from 'stablestudio/browser'
import { useGeneration } from 'stablestudio/react'
import { defineChain, type WalletClient } from 'viem'
import {
  createConfig,
  http,
  useConnect,
  useConnection,
  useConnectors,
  useWalletClient,
  WagmiProvider,
} from 'wagmi'

const base = defineChain({
  id: 8453,
  name: 'Base',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [`${location.origin}/rpc`] } },
})
const config = createConfig({ chains: [base], transports: { [base.id]: http() } })
const { origin } = location
const rpc = `${origin}/rpc`

function useSpendAccount(): SpendAccount | undefined {
  const [account, setAccount] = useState<SpendAccount>()
  useEffect(() => {
    void createSpendAccount({ rpc, origin }).then(setAccount)
  }, [])
  return account
}

function App() {
  const spend = useSpendAccount()
  const studio = useMemo(
    () =>
      spend &&
      new StableStudioClient({
        wallet: spend,
        baseUrl: '/api/stablestudio',
        origin,
        store: indexedDbStore(),
        payWith: [x402({ networks: ['eip155:8453'], rpc })],
      }),
    [spend],
  )
  const connection = useConnection()
  const { data: wallet } = useWalletClient()
  const connect = useConnect()
  const connectors = useConnectors()
  const [said, say] = useState('')
  const { state, output, error, start } = useGeneration(studio)
  const tell = (work: Promise<{ usd: string; earlier: boolean }>) => {
    say('…')
    work.then(
      ({ usd, earlier }) => say(`${earlier ? 'earlier' : 'done'} ${usd}`),
      (failed) => say(`${failed.code} ${failed.payment} ${failed.message}`),
    )
  }
  const make = () => void start('grok/generate', { prompt: 'a lighthouse' })
  if (!spend) return <p>opening</p>
  const injected = connectors.find(({ name }) => name === 'Chain Wallet')
  return (
    <>
      <p id="spend">{spend.address}</p>
      <p id="wallet">{connection.address ?? 'none'}</p>
      <p id="state">{error ? `${state} ${error.code}` : state}</p>
      <p id="said">{said}</p>
      {output && <img alt={output.jobId} src={output.url} />}
      {injected && (
        <button type="button" onClick={() => connect.mutate({ connector: injected })}>
          Connect
        </button>
      )}
      {wallet && (
        <>
          <button type="button" onClick={() => tell(spend.deposit(wallet as WalletClient, '5'))}>
            Top up
          </button>
          <button type="button" onClick={() => tell(spend.withdraw(wallet as WalletClient, 'all'))}>
            Withdraw
          </button>
        </>
      )}
      <button type="button" onClick={make}>
        Make
      </button>
    </>
  )
}

createRoot(document.querySelector('main') as HTMLElement).render(
  <StrictMode>
    <WagmiProvider config={config}>
      <QueryClientProvider client={new QueryClient()}>
        <App />
      </QueryClientProvider>
    </WagmiProvider>
  </StrictMode>,
)

Object.assign(window, { createSpendAccount })
