// The service as one generation met it: answers of the sandbox, byte by byte, to be played back without any work.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createSandbox } from 'stablestudio/sandbox'
import { decode, pay, prove } from '../subjects/bare.ts'
import { createAccount } from './account.ts'
import { input, operation, origin } from './subject.ts'

export type Recorded = { status: number; headers: [string, string][]; body: string }

export type Recording = {
  jobId: string
  /** The 402 with the offer. */
  priced: Recorded
  paid: Recorded
  /** The 402 of a look without a proof. */
  challenged: Recorded
  pending: Recorded
  complete: Recorded
}

/** In the folder of the benchmark, in which all its processes run. */
const folder = '.cache'
const file = `${folder}/recording.json`

export async function readRecording(): Promise<Recording> {
  return JSON.parse(await readFile(file, 'utf8'))
}

/** Plays one real generation on the sandbox and keeps what was answered. */
export async function record(): Promise<void> {
  const sandbox = createSandbox()
  const account = createAccount('real')
  sandbox.fund(account.address, '5')
  const ask = async (path: string, init: RequestInit, expected: number) => {
    const answer = await sandbox.fetch(`${origin}${path}`, init)
    if (answer.status !== expected) throw new Error(`The sandbox answered ${answer.status} to ${path}.`)
    return { status: answer.status, headers: [...answer.headers], body: await answer.text() } as Recorded
  }
  const post = { method: 'POST', body: JSON.stringify(input) }
  const json = { 'content-type': 'application/json' }
  const priced = await ask(`/api/generate/${operation}`, { ...post, headers: json }, 402)
  const offer = new Headers(priced.headers).get('payment-required') ?? ''
  const payment = await pay(account, decode(offer))
  const headers = { ...json, 'payment-signature': payment }
  const paid = await ask(`/api/generate/${operation}`, { ...post, headers }, 200)
  const { jobId } = JSON.parse(paid.body) as { jobId: string }
  const look = async () => ({
    headers: { 'sign-in-with-x': await prove(account, `${origin}/api/jobs/${jobId}`) },
  })
  const challenged = await ask(`/api/jobs/${jobId}`, {}, 402)
  const pending = await ask(`/api/jobs/${jobId}`, await look(), 200)
  sandbox.clock.advance(120_000)
  const complete = await ask(`/api/jobs/${jobId}`, await look(), 200)
  if (!complete.body.includes('"complete"')) throw new Error('The recorded job did not end.')
  await mkdir(folder, { recursive: true })
  const recording: Recording = { jobId, priced, paid, challenged, pending, complete }
  await writeFile(file, JSON.stringify(recording, null, 2))
}
