// A Server Component: it renders both ways to pay, and touches no browser.
import { OnServer } from './on-server.tsx'
import { Providers } from './providers.tsx'
import { WithWallet } from './with-wallet.tsx'

export default function Page() {
  return (
    <>
      <h1>Pictures</h1>
      <h2>You pay</h2>
      <Providers>
        <WithWallet />
      </Providers>
      <h2>We pay</h2>
      <OnServer />
    </>
  )
}
