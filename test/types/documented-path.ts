// The types along the documented path: quote, submit, wait, save, and what is stored in between. Checked by `tsc`; never run.
import {
  type AssetKind,
  type InputOf,
  type Job,
  JobTimeoutError,
  type Json,
  type Output,
  type OutputData,
  type OutputOf,
  type Quote,
  type Receipt,
  type StableStudioClient,
} from 'stablestudio'

type Same<a, b> = (<t>() => t extends a ? 1 : 2) extends <t>() => t extends b ? 1 : 2 ? true : false

const prompt = 'a lighthouse'
const veo = 'veo-3.1/generate'

export async function bytesGoOn(studio: StableStudioClient, image: Output, video: Output<'video'>) {
  const bytes: Uint8Array<ArrayBuffer> = await image.bytes()
  await studio.upload(bytes)
  await studio.upload(await video.bytes({ maxBytes: 1 }))
  await studio.run('nano-banana-pro/edit', { prompt, images: [bytes, await image.blob()] })
  // @ts-expect-error a download is awaited first
  await studio.upload(image.bytes())
  return new Blob([bytes])
}

export async function timedOut(studio: StableStudioClient, error: unknown) {
  if (!(error instanceof JobTimeoutError)) return undefined
  const job: Job = error.job
  // @ts-expect-error the job stays what it is
  error.job = job
  return studio.wait(error.job)
}

// @ts-expect-error whoever makes one has the job in hand
export const withoutJob = () => new JobTimeoutError('late', { jobId: 'cjob1' })
export const withJob = (job: Job) => new JobTimeoutError('late', { jobId: job.id, job })

export async function kindsAreKept(studio: StableStudioClient) {
  const quote = await studio.quote(veo, { prompt })
  const job = await studio.submit(quote, { timeout: 60_000 })
  const video = await studio.wait(job)
  const still: string | undefined = video.thumbnailUrl
  const direct = await studio.submit('nano-banana-pro/generate', { prompt })
  const image = await studio.wait(direct)
  // @ts-expect-error only videos have a thumbnail
  const none: string = image.thumbnailUrl
  // @ts-expect-error the price is that of a video
  const other: Quote<'nano-banana-pro/generate'> = quote
  const ends: string = quote.expiresAt
  true satisfies Same<typeof job, Job<typeof veo>>
  true satisfies Same<typeof video, OutputOf<typeof veo>>
  true satisfies Same<(typeof image)['kind'], 'image'>
  return [still, none, other, ends, video.receipt.usd]
}

/** What does not name its operation gives an output of any kind. */
export async function unknownKinds(studio: StableStudioClient, job: Job, quote: Quote, text: string) {
  const stored = JSON.parse(JSON.stringify(job)) as Job
  const receipt: Receipt = (await studio.wait(stored)).receipt
  const output = await studio.wait(job)
  const general: Output = output
  // @ts-expect-error it may be an image
  const still: string = output.thumbnailUrl
  const byId = await studio.wait(job.id)
  // @ts-expect-error an id comes without the receipt
  const always: Receipt = byId.receipt
  const submitted: Job = await studio.submit(quote)
  const named = await studio.wait(JSON.parse(text) as Job<typeof veo>)
  const video: 'video' = named.kind
  const wide: Job = JSON.parse(text) as Job<typeof veo>
  // @ts-expect-error a job of any operation may not be a video's
  const narrow: Job<typeof veo> = job
  const tomorrow = await studio.wait(await studio.submit('tomorrow-1/generate', {}))
  // @ts-expect-error of an unknown operation it may be any kind
  const image: 'image' = tomorrow.kind
  const ofAnything = await studio.wait(JSON.parse(text))
  true satisfies Same<(typeof ofAnything)['kind'], AssetKind>
  return [receipt, general, still, always, submitted, video, wide, narrow, image]
}

/** A function of one's own around `submit` keeps the kind too. */
export const submitAny = <operation extends 'grok/generate' | typeof veo>(
  studio: StableStudioClient,
  operation: operation,
  input: InputOf<operation>,
): Promise<Job<operation>> => studio.submit(operation, input)

export async function typos(studio: StableStudioClient) {
  // @ts-expect-error the field is called `size`
  await studio.submit('gpt-image-1.5/generate', { prompt, sise: '1024x1024' })
  // @ts-expect-error the same in `run`
  await studio.run('gpt-image-1.5/generate', { prompt, sise: '1024x1024' })
  // @ts-expect-error a quote is submitted, not run
  await studio.run(await studio.quote(veo, { prompt }))
  await studio.submit(veo, { prompt })
}

export async function listing({ jobs }: StableStudioClient, word: string) {
  // @ts-expect-error the service says `complete`
  jobs.list({ status: 'completed' })
  // @ts-expect-error any text is no status
  jobs.list({ status: word })
  for (const status of ['pending', 'loading', 'complete', 'failed'] as const) jobs.list({ status })
  // What the service answers may have a name that nobody knows yet.
  for await (const job of jobs.list({ status: undefined })) if (job.status === 'queued') return job
  return undefined
}

export function stored(image: OutputOf<'grok/generate'>, video: OutputOf<typeof veo>) {
  const data: OutputData = image
  const still: string | undefined = (video satisfies OutputData<'video'>).thumbnailUrl
  const back = JSON.parse(JSON.stringify(image)) as OutputData<'image'>
  // @ts-expect-error JSON has no methods
  back.blob()
  // @ts-expect-error what came through JSON is not the whole output
  const whole: Output = back
  // @ts-expect-error an image is no video
  const wrong: OutputData<'video'> = back
  const json: Json = { kind: back.kind, url: back.url, expiresAt: back.expiresAt, jobId: back.jobId }
  return [data, still, whole, wrong, json]
}
