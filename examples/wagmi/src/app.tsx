// Top up once, make pictures without a prompt, take back what is left.
import { useEffect, useMemo, useState } from 'react'
import type { SpendAccount } from 'stablestudio/browser'
import { useGeneration } from 'stablestudio/react'
import { Purse } from './purse.tsx'
import { createStudio, spendAccount } from './studio.ts'

export function App() {
  const { spend, failed } = useSpendAccount()
  const studio = useMemo(() => spend && createStudio(spend), [spend])
  const [prompt, setPrompt] = useState('A lighthouse at dusk, in watercolours')
  const { state, quote, output, error, price, start, reset } = useGeneration(studio)
  const input = { prompt }
  const isBusy = !['idle', 'done', 'failed'].includes(state)
  if (failed) return <p role="alert">{failed}</p>
  return (
    <>
      <h1>Pictures</h1>
      {spend && <Purse spend={spend} refresh={state} />}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void start('grok/generate', input)
        }}
      >
        <label>
          What should it show?
          <textarea value={prompt} rows={3} onChange={(event) => setPrompt(event.target.value)} />
        </label>
        <button type="button" disabled={!studio || isBusy} onClick={() => void price('grok/generate', input)}>
          {quote ? `$${quote.usd}` : 'What does it cost?'}
        </button>
        <button type="submit" disabled={!studio || isBusy}>
          {isBusy ? `${state}…` : 'Make it'}
        </button>
      </form>
      {error && (
        <p role="alert">
          {error.shortMessage} {error.hint}{' '}
          <button type="button" onClick={reset}>
            Never mind
          </button>
        </p>
      )}
      {output && (
        <figure>
          <img src={output.url} alt={prompt} />
          <figcaption>
            ${output.receipt?.usd}, and nobody was asked. The service keeps it for 20 minutes.
          </figcaption>
        </figure>
      )}
    </>
  )
}

function useSpendAccount(): { spend?: SpendAccount; failed?: string } {
  const [found, setFound] = useState<{ spend?: SpendAccount; failed?: string }>({})
  useEffect(() => {
    spendAccount.then(
      (spend) => setFound({ spend }),
      (error) => setFound({ failed: error.message }),
    )
  }, [])
  return found
}
