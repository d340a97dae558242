// One creation from price to picture, and its second half again after a reload. Pays in one place only: `make`.
import {
  type Attempt,
  isStableStudioError,
  type Job,
  type Progress,
  type Quote,
  type StableStudioClient,
} from 'stablestudio'
import type { Creation, Keep } from './keep.ts'
import { isOver, type Told, tell } from './tell.ts'

/** What the stage shows. */
export type View =
  | { kind: 'idle' }
  | {
      kind: 'busy'
      creation: Creation
      usd?: string | undefined
      progress?: Progress | undefined
      finding?: true
    }
  | { kind: 'done'; creation: Creation }
  | { kind: 'trouble'; told: Told; creation?: Creation | undefined }

export type MakerOptions = {
  studio: StableStudioClient
  keep: Keep
  payer: string
  show(view: View): void
  /** The ledger or what is kept has changed. */
  changed(): void
}

export type Maker = {
  make(quote: Quote): Promise<void>
  /** Goes on with a paid creation. Pays nothing. */
  collect(id: string): Promise<void>
  /** Settles payments without an answer. Signs no new one. */
  findOut(creation: Creation | undefined): Promise<void>
  /** After a reload: goes on where the page was left. Pays nothing. */
  resume(): Promise<void>
  /** Ends the waiting. What is paid stays paid. */
  stop(): void
}

export function createMaker({ studio, keep, payer, show, changed }: MakerOptions): Maker {
  let stopping = new AbortController()
  let busy = false

  async function work(creation: Creation, steps: () => Promise<Creation>): Promise<void> {
    busy = true
    stopping = new AbortController()
    show({ kind: 'busy', creation, usd: creation.job?.receipt.usd })
    try {
      const complete = await alone(creation.id, steps)
      show({ kind: 'done', creation: complete })
    } catch (error) {
      const known = isStableStudioError(error) ? error.job : undefined
      const job = known ?? (await keep.get(creation.id))?.job
      const current = job ? { ...creation, job } : creation
      await afterFailure(error, current)
      show({ kind: 'trouble', told: tell(error, job), creation: current })
    } finally {
      busy = false
      changed()
    }
  }

  /** What was never paid is forgotten; what may be paid is not. */
  async function afterFailure(error: unknown, creation: Creation): Promise<void> {
    if (!isStableStudioError(error)) return
    if (isOver(error)) {
      await keep.put({ ...creation, failure: error.details ?? error.shortMessage })
    } else if (!creation.job && (error.payment === 'none' || error.payment === 'rejected')) {
      await keep.delete(creation.id)
    }
  }

  const follow = (creation: Creation, usd = creation.job?.receipt.usd) => ({
    signal: stopping.signal,
    onProgress: (progress: Progress) => show({ kind: 'busy', creation, usd, progress }),
  })

  /** Waits for a paid job, and keeps the picture itself: the service takes it down after about 20 minutes. */
  async function fetchPicture(creation: Creation & { job: Job }): Promise<Creation> {
    const output = await studio.wait(creation.job, follow(creation))
    const picture = await output.blob({ signal: stopping.signal }).catch((error) => {
      // A page may be allowed to show what it may not read.
      if (isStableStudioError(error) && error.code === 'output_failed') return undefined
      throw error
    })
    if (!picture) return { ...creation, address: output.url }
    const complete = { ...creation, picture }
    // A full disk must not hide a picture that is there.
    await keep.put(complete).catch(() => {})
    return complete
  }

  const maker: Maker = {
    async make(quote) {
      if (busy) return
      const creation: Creation = {
        id: crypto.randomUUID(),
        operation: quote.operation,
        input: quote.input as Record<string, unknown>,
        createdAt: new Date().toISOString(),
        payer,
      }
      await work(creation, async () => {
        // Written before anything is signed: the key under which a reloaded page finds this payment again.
        await keep.put(creation)
        const options = { ...follow(creation, quote.usd), idempotencyKey: creation.id }
        const job = await studio.submit(quote, options)
        const paid = { ...creation, job }
        // The ledger has the job as well.
        await keep.put(paid).catch(() => {})
        changed()
        return fetchPicture(paid)
      })
    },
    async collect(id) {
      const creation = await keep.get(id)
      const job = creation?.job
      if (busy || !job) return
      await work(creation, () => fetchPicture({ ...creation, job }))
    },
    async findOut(creation) {
      if (busy) return
      busy = true
      if (creation) show({ kind: 'busy', creation, finding: true })
      try {
        await settle(studio, stopping.signal)
      } catch (error) {
        show({ kind: 'trouble', told: tell(error), creation })
        return
      } finally {
        busy = false
        changed()
      }
      show({ kind: 'idle' })
      await maker.resume()
    },
    async resume() {
      if (busy) return
      const attempts = await attemptsByKey(studio)
      const mine = (await keep.all()).filter((creation) => creation.payer === payer)
      const open: Creation[] = []
      let waiting: Creation | undefined
      for (const creation of mine) {
        // Another tab works on it.
        if (!(await isFree(creation.id))) continue
        const adopted = await adopt(keep, creation, attempts.get(creation.id))
        if (adopted === 'open') open.push(creation)
        else if (adopted && isWaiting(adopted)) waiting ??= adopted
      }
      changed()
      if (waiting) return maker.collect(waiting.id)
      const unsure = open.find(({ id }) => !isUnsent(attempts.get(id)))
      if (unsure) show({ kind: 'trouble', told: withoutAnswer(attempts.get(unsure.id)), creation: unsure })
      // Nothing of these has left the page: they are given up without asking the wallet.
      else if (open.length > 0) await settle(studio, stopping.signal).then(changed, () => {})
    },
    stop: () => stopping.abort(new DOMException('Stopped in the page.', 'AbortError')),
  }
  return maker
}

/** Paid for, and neither collected nor failed. */
export function isWaiting({ job, picture, failure }: Creation): boolean {
  return job !== undefined && picture === undefined && failure === undefined
}

/** What a closed page worked on counts as in progress for nine seconds: then it is settled, too. */
async function settle(studio: StableStudioClient, signal: AbortSignal): Promise<void> {
  const found = await studio.recover()
  if (!found.some(({ outcome }) => outcome === 'still-open')) return
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, 10_000)
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
  })
  if (!signal.aborted) await studio.recover()
}

async function attemptsByKey(studio: StableStudioClient): Promise<Map<string, Attempt>> {
  const attempts = new Map<string, Attempt>()
  for await (const attempt of studio.payments()) {
    if (attempt.idempotencyKey) attempts.set(attempt.idempotencyKey, attempt)
  }
  return attempts
}

function isOpen(attempt: Attempt | undefined): boolean {
  return attempt !== undefined && ['reserved', 'signed', 'sent', 'unknown'].includes(attempt.state)
}

function isUnsent(attempt: Attempt | undefined): boolean {
  return attempt?.state === 'reserved' || attempt?.state === 'signed'
}

/** A creation with what the ledger knows of it; one that was never paid is forgotten. */
async function adopt(
  keep: Keep,
  creation: Creation,
  attempt: Attempt | undefined,
): Promise<Creation | 'open' | undefined> {
  if (creation.job) return creation
  if (isOpen(attempt)) return 'open'
  if (attempt?.state !== 'settled' || !attempt.jobId || !attempt.receipt) {
    await keep.delete(creation.id)
    return undefined
  }
  const { jobId, operation, createdAt, id, receipt } = attempt
  const job = { id: jobId, operation, pollUrl: `/api/jobs/${jobId}`, createdAt, attemptId: id, receipt }
  await keep.put({ ...creation, job })
  return { ...creation, job }
}

function withoutAnswer(attempt: Attempt | undefined): Told {
  return {
    title: 'A payment has no answer yet.',
    details: attempt && `$${attempt.usd} for ${attempt.operation}, sent before this page was closed.`,
    hint: 'Your wallet will be asked to sign in, to look for the picture. That moves no money.',
    code: 'payment_unknown',
    money: { moved: 'unknown', text: 'It is not known yet whether money moved. It can be taken only once.' },
    next: 'find-out',
  }
}

/** Runs the work while no other tab works on the same creation. */
function alone<value>(id: string, work: () => Promise<value>): Promise<value> {
  return navigator.locks.request(`creation/${id}`, work)
}

async function isFree(id: string): Promise<boolean> {
  const { held = [] } = await navigator.locks.query()
  return !held.some(({ name }) => name === `creation/${id}`)
}
