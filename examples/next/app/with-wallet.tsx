'use client'
// The visitor pays: tops up the page's account once, and makes pictures without a prompt.
import { useState } from 'react'
import { useGeneration } from 'stablestudio/react'
import { usePageStudio } from '../lib/page-studio.ts'
import { Purse } from './purse.tsx'

export function WithWallet() {
  const { page, failed } = usePageStudio()
  const [prompt, setPrompt] = useState('A lighthouse at dusk, in watercolours')
  const { state, output, error, start, reset } = useGeneration(page?.studio)
  const isBusy = !['idle', 'done', 'failed'].includes(state)
  if (failed) return <p role="alert">{failed}</p>
  return (
    <>
      {page && <Purse spend={page.spend} refresh={state} />}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void start('grok/generate', { prompt })
        }}
      >
        <label>
          What should it show?
          <textarea value={prompt} rows={3} onChange={(event) => setPrompt(event.target.value)} />
        </label>
        <button type="submit" disabled={!page || isBusy}>
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
          <figcaption>${output.receipt?.usd}, and nobody was asked.</figcaption>
        </figure>
      )}
    </>
  )
}
