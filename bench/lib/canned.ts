// A service that plays the recording back: each payment makes a job with an id of its own, and nothing is verified.
import type { JumpClock } from './jump-clock.ts'
import { type Recorded, type Recording, readRecording } from './recording.ts'

export type CannedOptions = {
  /** The look that finds the job complete. `Infinity`: it never is. */
  looks: number
  /** Time passes while a client waits for its job. */
  clock?: JumpClock
  /** Told of each job that was paid for. */
  onJob?: () => void
  /** Delays each answer, as a network would. */
  delay?: () => Promise<unknown>
}

export async function createCannedFetch(options: CannedOptions): Promise<typeof globalThis.fetch> {
  const recording = await readRecording()
  const answers = createAnswers(recording)
  const looked = new Map<string, number>()
  /** Processes that share a ledger must not be told the same ids. */
  const own = String(process.pid).padStart(8, '0')
  let jobs = 0
  const answer = (url: string, has: (header: string) => boolean): Response => {
    if (url.includes('/api/generate/')) {
      if (!has('payment-signature')) return answers.priced()
      jobs += 1
      options.onJob?.()
      return answers.paid(recording.jobId.slice(0, -own.length - 8) + own + String(jobs).padStart(8, '0'))
    }
    if (!has('sign-in-with-x')) return answers.challenged()
    const id = url.slice(url.lastIndexOf('/') + 1)
    const looks = (looked.get(id) ?? 0) + 1
    looked.set(id, looks)
    if (looks < options.looks) return answers.pending(id)
    looked.delete(id)
    return answers.complete(id)
  }
  return async (input, init) => {
    options.clock?.hold()
    const response = answer(urlOf(input), headersIn(input, init))
    if (response.status === 200) options.clock?.release()
    await options.delay?.()
    return response
  }
}

function urlOf(input: RequestInfo | URL): string {
  return typeof input === 'string' ? input : input instanceof URL ? input.href : input.url
}

/** Whether a request has a header, without work where headers are given plainly. */
function headersIn(input: RequestInfo | URL, init: RequestInit | undefined): (name: string) => boolean {
  const given = init?.headers ?? (input instanceof Request ? input.headers : {})
  if (given instanceof Headers) return (name) => given.has(name)
  if (Array.isArray(given)) return (name) => new Headers(given).has(name)
  return (name) => name in given || Object.keys(given).some((key) => key.toLowerCase() === name)
}

/** The current date as a server writes it, made once a second. */
function createDateHeader(): () => string {
  let second = 0
  let text = ''
  return () => {
    const now = Math.floor(Date.now() / 1000)
    if (now !== second) text = new Date(now * 1000).toUTCString()
    second = now
    return text
  }
}

function createAnswers({ jobId, priced, paid, challenged, pending, complete }: Recording) {
  const dateHeader = createDateHeader()
  const player = ({ status, headers, body }: Recorded) => {
    const parts = body.split(jobId)
    const kept = headers.filter(([name]) => name !== 'date')
    return (id = jobId) => {
      return new Response(parts.join(id), { status, headers: [...kept, ['date', dateHeader()]] })
    }
  }
  return {
    priced: player(priced),
    paid: player(paid),
    challenged: player(challenged),
    pending: player(pending),
    complete: player(complete),
  }
}
