// One generation outside of React, so that no render, effect or unmounting can make two of it. Components subscribe to it.
import type { AnyStableStudioError, Job, Output, Quote, RunOptions, StableStudioClient } from '../index.ts'
import { findJob } from './find-job.ts'
import { forget, type Kept, keep, readKept } from './kept.ts'
import { afterProgress, type GenerationSnapshot, type GenerationState, idle, isOver } from './snapshot.ts'

export type Generation = ReturnType<typeof createGeneration>

/** For each client its generations by name: the same name is the same generation, also after a remount. */
const generations = new WeakMap<StableStudioClient, Map<string, Generation>>()

export function generationOf(studio: StableStudioClient, name: string): Generation {
  const named = generations.get(studio) ?? new Map<string, Generation>()
  generations.set(studio, named)
  const generation = named.get(name) ?? createGeneration(studio, name)
  named.set(name, generation)
  return generation
}

/** A run of this generation; another one, or `reset`, makes it stale. */
type Run = { key: string; abort: AbortController; result: Promise<Output | undefined> }

export function createGeneration(studio: StableStudioClient, name: string) {
  let snapshot = idle
  let run: Run | undefined
  let priced: Priced | undefined
  /** Counts what makes an answer stale. */
  let turn = 0
  let held: Kept | undefined
  const listeners = new Set<() => void>()
  const show = (next: GenerationSnapshot) => {
    snapshot = Object.freeze(next)
    for (const listener of [...listeners]) listener()
  }

  /** What is open: also where the page has no storage. */
  const open = () => held ?? readKept(name)
  const hold = (kept: Kept) => {
    held = kept
    keep(name, kept)
  }
  const letGo = (key: string | undefined) => {
    held = undefined
    forget(name, key)
  }

  /** Runs one thing at a time; never rejects, and shows nothing once it is stale. */
  function begin(order: Order): Promise<Output | undefined> {
    turn += 1
    const mine = turn
    const { kept, work } = order
    const before = snapshot
    const abort = new AbortController()
    const update: Working['update'] = (change) => {
      if (mine === turn) show(change(snapshot))
    }
    const paid = (job: Job) => {
      if (mine === turn) hold({ ...kept, job })
      update((now) => ({ ...now, state: 'working', job, error: undefined }))
    }
    const end = (change: (now: GenerationSnapshot) => GenerationSnapshot, isOver: boolean) => {
      if (mine !== turn) return
      run = undefined
      if (isOver) letGo(kept.key)
      update(change)
    }
    const result = (async () => work({ abort, signal: abort.signal, update, paid }))().then(
      (output) => {
        end((now) => (output ? { ...now, state: 'done', output } : idle), true)
        return output
      },
      (error: AnyStableStudioError) => {
        const job = error.job ?? snapshot.job
        if (order.quietly && error.code === 'wallet_missing') end(() => before, false)
        else end((now) => ({ ...now, state: 'failed', error, job }), isOver(error, order.isOpen))
        return undefined
      },
    )
    run = { key: kept.key, abort, result }
    return result
  }

  async function price(operation: string, input: Record<string, unknown>): Promise<Quote | undefined> {
    if (run) return undefined
    turn += 1
    const mine = turn
    show({ ...idle, state: 'pricing' })
    try {
      const quote = await studio.quote(operation, input)
      if (mine === turn) {
        priced = { operation, input, quote }
        show({ ...idle, quote })
      }
      return quote
    } catch (error) {
      if (mine === turn) show({ ...idle, state: 'failed', error: error as AnyStableStudioError })
      return undefined
    }
  }

  function start(
    operation: string,
    input: Record<string, unknown>,
    options: RunOptions = {},
  ): Promise<Output | undefined> {
    if (run) return run.result
    // What may have been paid comes first. Only `reset` lets go of it.
    if (snapshot.state === 'failed' && open()) return resume()
    const key = options.idempotencyKey ?? randomKey()
    const shown = isFresh(priced, operation, input) ? priced?.quote : undefined
    // Kept before anything is paid, so that a reload finds it.
    hold({ key })
    show({ ...idle, state: 'pricing', quote: shown })
    return begin({
      kept: { key },
      isOpen: false,
      async work({ abort, update, paid }) {
        const endsAt = Date.now() + (options.timeout ?? 0)
        const linked = { signal: linkedTo(abort, options.signal) }
        const onProgress: RunOptions['onProgress'] = (progress) => {
          update((now) => afterProgress(now, progress))
          options.onProgress?.(progress)
        }
        const quote = shown ?? (await studio.quote(operation, input, linked))
        update((now) => ({ ...now, quote }))
        const job = await studio.submit(quote, { ...options, ...linked, idempotencyKey: key, onProgress })
        paid(job)
        const { promptBudget } = options
        const timeout = options.timeout && Math.max(1, endsAt - Date.now())
        return studio.wait(job, { ...linked, promptBudget, timeout, onProgress })
      },
    })
  }

  /** @param quietly whether a client that has no wallet yet is no failure. */
  function resume(quietly = false): Promise<Output | undefined> {
    if (run) return run.result
    const kept = open()
    if (!kept) return Promise.resolve(undefined)
    return begin({
      kept,
      isOpen: true,
      quietly,
      async work({ signal, update, paid }) {
        const looking = (state: GenerationState) => update((now) => ({ ...now, state, error: undefined }))
        const job = kept.job ?? (await findJob(studio, kept.key, signal, looking))
        if (!job) return undefined
        paid(job)
        const onProgress: RunOptions['onProgress'] = (progress) =>
          update((now) => afterProgress(now, progress))
        return studio.wait(job, { signal, onProgress })
      },
    })
  }

  /** A payment on its way cannot be called back, so nothing happens while it is. */
  function reset(): void {
    if (snapshot.state === 'paying') return
    letGo(open()?.key)
    turn += 1
    run?.abort.abort()
    run = undefined
    priced = undefined
    show(idle)
  }

  return {
    name,
    price,
    start,
    resume,
    reset,
    isBusy: () => run !== undefined,
    get: () => snapshot,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

type Order = {
  kept: Kept
  /** Whether a payment of it may have been made before. */
  isOpen: boolean
  /** Whether a client that has no wallet yet is no failure. */
  quietly?: boolean
  work(on: Working): Promise<Output | undefined>
}

type Working = {
  abort: AbortController
  signal: AbortSignal
  update(change: (now: GenerationSnapshot) => GenerationSnapshot): void
  /** Keeps the job before anything else happens to it. */
  paid(job: Job): void
}

/** A price that was shown for this very input, while it holds. */
function isFresh(priced: Priced | undefined, operation: string, input: unknown): boolean {
  return (
    priced?.operation === operation &&
    Date.parse(priced.quote.expiresAt) > Date.now() &&
    // Files in an input are equal only as the same objects.
    (priced.input === input || sameText(priced.input, input))
  )
}

type Priced = { operation: string; input: unknown; quote: Quote }

function sameText(one: unknown, other: unknown): boolean {
  const isPlain = (value: unknown) =>
    JSON.stringify(value, (_key, inner) =>
      ArrayBuffer.isView(inner) || inner instanceof Blob ? undefined : inner,
    )
  return JSON.stringify(one) === JSON.stringify(other) && isPlain(one) === JSON.stringify(one)
}

/** Aborted by either: `AbortSignal.any` is newer than some engines. */
function linkedTo(abort: AbortController, given: AbortSignal | undefined): AbortSignal {
  if (given?.aborted) abort.abort(given.reason)
  given?.addEventListener('abort', () => abort.abort(given.reason), { once: true, signal: abort.signal })
  return abort.signal
}

/** Not `randomUUID`, which pages on plain http lack. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
}
