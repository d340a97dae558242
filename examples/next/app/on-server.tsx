'use client'
// The server pays, from its own wallet and within its own limits.
import { useActionState, useEffect, useState } from 'react'
import { makeOnServer } from './actions.ts'

export function OnServer() {
  const [made, make, isPending] = useActionState(makeOnServer, undefined)
  const [key, setKey] = useState('')
  // A new key for each picture; the same one while a form is sent again.
  useEffect(() => setKey(crypto.randomUUID()), [made])
  return (
    <>
      <form action={make}>
        <input type="hidden" name="key" value={key} />
        <label>
          What should it show?
          <textarea name="prompt" rows={2} defaultValue="A paper boat on a puddle" />
        </label>
        <button type="submit" disabled={isPending || !key}>
          {isPending ? 'Working…' : 'Make it for me'}
        </button>
      </form>
      {made && 'problem' in made && <p role="alert">{made.problem}</p>}
      {made && 'url' in made && (
        <figure>
          <img src={made.url} alt="What the server paid for" />
          <figcaption>${made.usd}, on the house.</figcaption>
        </figure>
      )}
    </>
  )
}
