// The polling loop of the peers, which have none: the published interval, and the service's challenge each time.
import { origin, pollEveryMs } from './subject.ts'

/** The challenge of SIGN-IN-WITH-X as the service sends it. */
export type Challenge = {
  domain: string
  uri: string
  version: string
  chainId: string
  type: 'eip191'
  nonce: string
  issuedAt: string
  expirationTime: string
  statement: string
}

/**
 * @param answerChallenge what the peer's own means make of a 402: the header's value.
 */
export async function pollUntilDone(
  fetch: typeof globalThis.fetch,
  jobId: string,
  answerChallenge: (answer: Response) => Promise<string>,
): Promise<string> {
  const url = `${origin}/api/jobs/${jobId}`
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pollEveryMs))
    const image = await look(fetch, url, answerChallenge)
    if (image) return image
  }
}

async function look(
  fetch: typeof globalThis.fetch,
  url: string,
  answerChallenge: (answer: Response) => Promise<string>,
): Promise<string | undefined> {
  const challenged = await fetch(url)
  await challenged.text()
  const answer = await fetch(url, { headers: { 'sign-in-with-x': await answerChallenge(challenged) } })
  const job = (await answer.json()) as { status: string; result?: { imageUrl: string } }
  return job.status === 'complete' ? job.result?.imageUrl : undefined
}
