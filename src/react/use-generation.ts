'use client'
// The hook: ties one generation to a component. All that matters for money is in generation.ts.
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react'
import type { AnyOperationId, InputOf, OutputOf, Quote, RunOptions, StableStudioClient } from '../index.ts'
import { generationOf } from './generation.ts'
import { type GenerationSnapshot, idle } from './snapshot.ts'

/** Options of {@link useGeneration}. */
export type GenerationOptions = {
  /**
   * What a remount or a reload finds again. Components that use the same name share one generation: give each of several
   * on a page a name of its own.
   * @default 'generation'
   */
  name?: string | undefined
  /**
   * Whether it goes on by itself with what was paid before a reload. Pays nothing; a wallet that prompts a person may ask
   * for a sign-in.
   * @default true
   */
  autoResume?: boolean | undefined
}

/** What {@link useGeneration} returns. Its functions never reject: see `error`. */
export type UseGeneration = GenerationSnapshot & {
  /** Asks for the price of exactly this input and shows it as `quote`. Pays nothing. */
  price<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
  ): Promise<Quote<operation> | undefined>
  /**
   * Pays once, and waits for the file. Called again while it runs, it pays nothing and resolves to the same output. A
   * price that is shown for this input is what is paid. After a failure that leaves open whether money moved, it finds
   * out about that payment first, and pays for nothing else; `reset` lets go of it.
   */
  start<const operation extends AnyOperationId>(
    operation: operation,
    input: InputOf<operation>,
    options?: RunOptions,
  ): Promise<OutputOf<operation> | undefined>
  /** Goes on with what was paid: after a reload, a timeout, or an answer that was lost. Signs no payment. */
  resume(): Promise<OutputOf<string> | undefined>
  /**
   * Back to `idle`: stops asking or waiting, and lets go of what is open. What was paid stays in `studio.payments()`.
   * Does nothing while a payment is on its way.
   */
  reset(): void
}

const noStudio = { get: () => idle, subscribe: () => () => {} }

/**
 * A generation in a React component: price, payment, progress and file as state. One `start` is one payment, in
 * StrictMode, after a remount and however often it is pressed; a reload goes on with the paid job. Runs in the browser;
 * on a server it renders `idle`.
 *
 * @param studio the client; `undefined` until there is one, for example until a wallet is connected. Keep it between
 * renders: make it outside of the component, or in `useMemo`. Give it a store that survives a reload.
 * @example
 * import { useGeneration } from 'stablestudio/react'
 *
 * function Picture({ studio }) {
 *   const { state, output, error, start } = useGeneration(studio)
 *   const make = () => start('gpt-image-1.5/generate', { prompt: 'a lighthouse at dusk' })
 *   if (output) return <img src={output.url} alt="a lighthouse at dusk" />
 *   return <button onClick={make} disabled={state !== 'idle'}>{error?.shortMessage ?? state}</button>
 * }
 */
export function useGeneration(
  studio: StableStudioClient | undefined,
  options: GenerationOptions = {},
): UseGeneration {
  const { name = 'generation', autoResume = true } = options
  const own = studio && generationOf(studio, name)
  const [held, hold] = useState(own)
  // What runs, or has ended, stays on view with the client that paid: another wallet could not collect it.
  const stays = held !== undefined && held.name === name && (own === undefined || held.get() !== idle)
  const shown = stays ? held : own
  const { subscribe, get } = shown ?? noStudio
  const snapshot = useSyncExternalStore(subscribe, get, () => idle)
  useEffect(() => {
    hold(shown)
    if (autoResume) void shown?.resume(true)
  }, [shown, autoResume])

  const target = useCallback(() => {
    const next = shown?.isBusy() ? shown : own
    hold(next)
    return next
  }, [shown, own])
  const price = useCallback(
    async (operation: string, input: object) => target()?.price(operation, input as Record<string, unknown>),
    [target],
  )
  const start = useCallback(
    async (operation: string, input: object, given?: RunOptions) =>
      target()?.start(operation, input as Record<string, unknown>, given),
    [target],
  )
  const resume = useCallback(async () => (shown ?? own)?.resume(), [shown, own])
  const reset = useCallback(() => shown?.reset(), [shown])
  return { ...snapshot, price, start, resume, reset } as UseGeneration
}
