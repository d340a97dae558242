// What each invocation does, as fetch handlers: the same code on Cloudflare and on Vercel.
import {
  InvalidInputError,
  isStableStudioError,
  type Job,
  JobTimeoutError,
  type PaymentStore,
  StableStudioClient,
} from 'stablestudio'
import { privateKeyToAccount } from 'viem/accounts'

/** Secrets and settings, as the platform keeps them. */
export type Settings = {
  PRIVATE_KEY: string
  /** Who knows it may spend the wallet's money. Put your own login in its place. */
  API_TOKEN: string
  /** A sandbox that listens, for tests. Left out: the real service. */
  STUDIO_URL?: string | undefined
  /** How long one invocation waits for a picture, ms. Left out: 8 000. */
  WAIT_MS?: string | undefined
}

/** Less than the 10 s that one invocation may take. Whatever is not done by then, the next one goes on with. */
const patience = 8_000

export function createStudio(settings: Settings, store: PaymentStore): StableStudioClient {
  const { PRIVATE_KEY, STUDIO_URL } = settings
  return new StableStudioClient({
    wallet: privateKeyToAccount(PRIVATE_KEY as `0x${string}`),
    limits: { perCall: '0.50', perDay: '20' },
    store,
    ...(STUDIO_URL && { baseUrl: STUDIO_URL, origin: STUDIO_URL }),
  })
}

export function isAllowed(request: Request, token: string | undefined): boolean {
  return Boolean(token) && request.headers.get('authorization') === `Bearer ${token}`
}

/** `{ prompt }` and an `Idempotency-Key` ⇒ 202 with the paid job. Sent again it pays nothing and answers the same. */
export async function submitPicture(studio: StableStudioClient, request: Request): Promise<Response> {
  const idempotencyKey = request.headers.get('idempotency-key')
  if (!idempotencyKey) {
    return Response.json(
      { error: 'Send an Idempotency-Key: without one, a retry buys again.' },
      { status: 400 },
    )
  }
  const { prompt } = (await request.json()) as { prompt: string }
  try {
    const options = { idempotencyKey, timeout: patience }
    const job = await studio.submit('gpt-image-1.5/generate', { prompt, quality: 'low' }, options)
    return Response.json(job, { status: 202 })
  } catch (error) {
    return explain(error)
  }
}

/** A job ⇒ 200 with the picture, or 202 with the job while it works: send that again. */
export async function collectPicture(
  studio: StableStudioClient,
  request: Request,
  { WAIT_MS }: Settings,
): Promise<Response> {
  const job = (await request.json()) as Job
  try {
    return Response.json(await studio.wait(job, { timeout: Number(WAIT_MS ?? patience) }))
  } catch (error) {
    if (error instanceof JobTimeoutError) return Response.json(error.job, { status: 202 })
    return explain(error)
  }
}

/** Settles what invocations that were cut off left open. A job it finds is what its key's next request answers with. */
export async function settle(studio: StableStudioClient): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {}
  for (const { outcome } of await studio.recover()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  return outcomes
}

function explain(error: unknown): Response {
  if (!isStableStudioError(error)) throw error
  // Its JSON holds no key, no signature and no prompt.
  if (error instanceof InvalidInputError) return Response.json(error, { status: 400 })
  if (!error.safeToRetry) return Response.json(error, { status: 422 })
  return Response.json(error, { status: 503, headers: { 'retry-after': '5' } })
}
