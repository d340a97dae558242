// The flow's first half: prices, refusals, and one generation of each kind.
import { all, type Check, connect, control, equal, failure, holds, type Stage, textAt } from './rig.ts'

const prompt = 'a lighthouse at dusk'
const png = new Uint8Array([
  ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  ...Array.from({ length: 400 }, (_, at) => at % 251),
])

async function quote({ rig }: Stage) {
  const offer = await connect(rig).quote('gpt-image-1/generate', {
    prompt,
    size: '1024x1024',
    quality: 'high',
  })
  equal([offer.usd, offer.amount === 170_000n, offer.network], ['0.17', true, 'eip155:8453'], 'quote')
  equal((await control(rig)).paidRequests, 0, 'paid requests after a quote')
}

/** Nothing is signed that should not be. */
async function refusals({ rig, wallet }: Stage) {
  const { signTypedData } = wallet
  let signatures = 0
  const counted = {
    ...wallet,
    signTypedData: (data: Parameters<typeof signTypedData>[0]) => {
      signatures += 1
      return signTypedData(data)
    },
  } as typeof wallet
  const order = ['grok/generate', { prompt }] as const
  const limited = connect(rig, { wallet: counted, limits: { perCall: '0.01' } })
  equal((await failure(limited.submit(...order))).code, 'limit_per_call', 'over the limit')
  const denied = connect(rig, { wallet: counted, approve: () => false })
  equal((await failure(denied.submit(...order))).code, 'approval_denied', 'without approval')
  const dear = connect(rig, { wallet: counted })
  equal(
    (await failure(dear.submit(...order, { maxPrice: '0.01' }))).code,
    'price_above_max',
    'above maxPrice',
  )
  const invalid = await failure(dear.submit('grok/generate', { prompt: '' }))
  equal([invalid.name, invalid.payment], ['InvalidInputError', 'none'], 'an invalid input')
  equal(signatures, 0, 'payments signed')
}

async function image(stage: Stage) {
  const { rig, studio } = stage
  const phases = new Set<string>()
  const output = await studio.run(
    'grok/generate',
    { prompt },
    { onProgress: ({ phase }) => phases.add(phase) },
  )
  equal(
    [output.kind, output.receipt?.usd, output.receipt?.transaction?.length],
    ['image', '0.07', 66],
    'image',
  )
  const bytes = await output.bytes()
  equal(textAt(bytes, 1, 3), 'PNG', 'the file')
  holds(bytes.length > 1_000, 'the file is empty')
  holds(phases.has('poll') && phases.has('output'), 'progress was not told')
  const { settlements } = await control(rig)
  const paid = settlements.filter(({ jobId }) => jobId === output.jobId)
  equal(
    paid.map(({ transaction }) => transaction),
    [output.receipt?.transaction],
    'the settlement',
  )
  stage.image = output
}

async function video({ studio }: Stage) {
  const output = await studio.run('grok-video/generate', { prompt, duration: '3' })
  equal([output.kind, output.receipt?.usd], ['video', '0.15'], 'video')
  equal(textAt(await output.bytes(), 4, 4), 'ftyp', 'the file')
}

/** The bytes of the input are uploaded on the way. */
async function svg({ studio }: Stage) {
  const output = await studio.run('arrow-1.1/vectorize', { image: new Blob([png], { type: 'image/png' }) })
  equal(
    [output.kind, output.receipt?.usd, output.receipt?.uploads?.map(({ usd }) => usd)],
    ['svg', '0.15', ['0.01']],
    'svg',
  )
  const blob = await output.blob()
  equal(blob.type, 'image/svg+xml', 'the type')
  holds((await blob.text()).includes('<svg'), 'the file is no SVG')
}

/** The sandbox runs inside the runtime as well. */
async function inProcess({ rig, wallet }: Stage) {
  const sandbox = rig.sandbox.createSandbox({ speed: 100 })
  sandbox.fund(wallet.address, '1')
  const studio = new rig.core.StableStudioClient({ wallet, fetch: sandbox.fetch })
  const output = await studio.run('grok/generate', { prompt })
  equal(textAt(await output.bytes(), 1, 3), 'PNG', 'the file')
  equal([sandbox.settlements().length, sandbox.balance(wallet.address)], [1, '0.93'], 'the books')
}

async function failedJob({ studio }: Stage) {
  const error = await failure(studio.run('grok/generate', { prompt: `${prompt}, moderated-content` }))
  equal([error.name, error.payment, error.safeToRetry], ['JobFailedError', 'settled', false], 'the error')
  const id = error.job?.id ?? ''
  equal((await studio.jobs.get(id)).status, 'failed', 'the job')
  await studio.jobs.delete(id)
  const gone = await failure(studio.jobs.get(id))
  holds(gone.name === 'ServiceError' || gone.name === 'SignInError', `a deleted job gives ${gone.name}`)
}

async function upload({ rig, studio }: Stage) {
  const file = new Blob([png.map((byte) => byte ^ (byte > 200 ? 1 : 0))], { type: 'image/png' })
  const [first, second] = await Promise.all([studio.upload(file), studio.upload(file)])
  equal(first.url, second.url, 'the same bytes')
  holds((await studio.upload(file)).receipt === undefined, 'the same bytes were paid for again')
  const { settlements } = await control(rig)
  // One more was uploaded with the input of the SVG.
  equal(settlements.filter(({ operation }) => operation === 'upload').length, 2, 'uploads paid')
}

async function jobs({ studio, image }: Stage) {
  const id = image?.jobId ?? ''
  const job = await studio.jobs.get(id)
  equal([job.id, job.status, job.output?.url], [id, 'complete', image?.url], 'jobs.get')
  const listed = (await all(studio.jobs.list({ limit: 2 }))).map((one) => one.status)
  equal(listed, ['complete', 'complete', 'complete'], 'jobs.list, two a page')
}

export const generationChecks: Check[][] = [
  [['quote', quote]],
  [['refusals', refusals]],
  [
    ['image', image],
    ['video', video],
    ['svg', svg],
    ['failed job', failedJob],
    ['sandbox in process', inProcess],
  ],
  [['upload', upload]],
  [['jobs', jobs]],
]
