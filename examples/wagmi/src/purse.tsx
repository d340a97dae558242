// The wallet and the spend account: what it holds, one button to top it up, one to take the rest back.
import { useEffect, useState } from 'react'
import type { SpendAccount, SpendBalance, SpendTransfer } from 'stablestudio/browser'
import type { WalletClient } from 'viem'
import { useConnect, useConnection, useConnectors, useWalletClient } from 'wagmi'

/** @param refresh the balance is read again whenever it changes. */
export function Purse({ spend, refresh }: { spend: SpendAccount; refresh: unknown }) {
  const { address } = useConnection()
  const { data: wallet } = useWalletClient()
  const [balance, setBalance] = useState<SpendBalance>()
  const [said, say] = useState('')
  const [isMoving, setMoving] = useState(false)
  useEffect(() => {
    spend.balance().then(setBalance, (error) => say(error.message))
  }, [spend, refresh, isMoving])

  const move = async (work: Promise<SpendTransfer>, done: string) => {
    setMoving(true)
    await work.then(
      ({ usd }) => say(`$${usd} ${done}`),
      (error) => say(error.message),
    )
    setMoving(false)
  }
  const onPrompt = ({ text }: { text: string }) => say(text)
  const client = wallet as WalletClient | undefined
  if (!address || !client) return <Wallets />
  return (
    <section>
      <p>
        This page can spend <strong>${balance?.available ?? '…'}</strong> without asking you.
      </p>
      <button
        type="button"
        disabled={isMoving}
        onClick={() => void move(spend.deposit(client, '2', { onPrompt }), 'added.')}
      >
        Top up $2
      </button>
      <button
        type="button"
        disabled={isMoving}
        onClick={() => void move(spend.withdraw(client, 'all', { onPrompt }), 'are back in your wallet.')}
      >
        Take it back
      </button>
      <p role="status">{said}</p>
      <small>The money lies in this browser: clearing its site data loses what is left, at most $10.</small>
    </section>
  )
}

function Wallets() {
  const connect = useConnect()
  const connectors = useConnectors()
  return (
    <section>
      <p>Connect a wallet to top up this page's account, once.</p>
      {connectors.map((connector) => (
        <button type="button" key={connector.uid} onClick={() => connect.mutate({ connector })}>
          {connector.name}
        </button>
      ))}
    </section>
  )
}
