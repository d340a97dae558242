// From a prompt to an image: price, approval, payment, progress, file. On the sandbox, or with --live for real money.
import { relative } from 'node:path'
import { createInterface } from 'node:readline/promises'
import {
  type ClientOptions,
  isStableStudioError,
  type ProposedPayment,
  StableStudioClient,
} from 'stablestudio'
import { saveTo } from 'stablestudio/node'
import { createSandbox } from 'stablestudio/sandbox'
import { sqliteStore } from 'stablestudio/sqlite'
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'

const operation = 'gpt-image-1.5/generate'
const input = {
  prompt: 'A cat in a spacesuit on Mars, photorealistic',
  size: '1024x1024',
  quality: 'high',
  background: 'opaque',
  moderation: 'auto',
  output_format: 'png',
} as const
const limits = { perCall: '0.50', total: '5.00' }
const live = process.argv.includes('--live')
const terminal = process.stdout.isTTY

function say(label: string, text: string): void {
  process.stdout.write(`${terminal ? '\r\x1b[2K' : ''}${label.padEnd(12)}${text}\n`)
}

/** With --live the wallet of PRIVATE_KEY pays; without it a throw-away wallet pays in the sandbox. */
function setUp(): { wallet: PrivateKeyAccount; options: ClientOptions } {
  if (!live) {
    const wallet = privateKeyToAccount(generatePrivateKey())
    const sandbox = createSandbox({ speed: 3 })
    sandbox.fund(wallet.address, '10')
    return { wallet, options: { fetch: sandbox.fetch } }
  }
  const key = process.env.PRIVATE_KEY ?? ''
  if (!/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new Error('--live needs PRIVATE_KEY: 0x and 64 hexadecimal digits, for a wallet with USDC on Base.')
  }
  // Real payments are recorded on disk before they are sent, so that none is lost with the process.
  return { wallet: privateKeyToAccount(key as `0x${string}`), options: { store: sqliteStore('payments.db') } }
}

/** Real money is only spent after a yes; play money after showing what would be asked. */
async function approve({ usd, payTo, network }: ProposedPayment): Promise<boolean> {
  const question = `pay $${usd} in USDC on ${network} to ${payTo}?`
  if (!live) {
    say('approve', `${question} yes (asked only with --live)`)
    return true
  }
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  // No one there to ask means no.
  const silence = new Promise<string>((resolve) => prompt.once('close', () => resolve('')))
  const asked = prompt.question(`${'approve'.padEnd(12)}${question} This is real money. [y/N] `)
  const answer = await Promise.race([asked, silence])
  prompt.close()
  if (!terminal) process.stdout.write('\n')
  return /^y(es)?$/i.test(answer.trim())
}

/** A line that counts on a terminal; plain lines elsewhere. */
function showProgress(): { update(status: string, expectedMs: number): void; end(): void } {
  const startedAt = Date.now()
  const seconds = (ms: number) => (ms / 1000).toFixed(1)
  let state = { status: 'pending', expectedMs: 0 }
  const draw = () => {
    const done = Math.min(0.99, (Date.now() - startedAt) / state.expectedMs)
    const bar = '█'.repeat(Math.round(done * 20)).padEnd(20, '░')
    const time = `${seconds(Date.now() - startedAt)} s of about ${seconds(state.expectedMs)} s`
    process.stdout.write(`\r\x1b[2K${'working'.padEnd(12)}${bar} ${state.status}, ${time}`)
  }
  const timer = terminal ? setInterval(draw, 100) : undefined
  return {
    update(status, expectedMs) {
      const changed = status !== state.status || state.expectedMs === 0
      state = { status, expectedMs }
      if (!terminal && changed) {
        const took = `complete after ${seconds(Date.now() - startedAt)} s`
        say(
          'working',
          status === 'complete' ? took : `${status}, usually takes about ${seconds(expectedMs)} s`,
        )
      }
    },
    end: () => clearInterval(timer),
  }
}

async function main(): Promise<void> {
  const { wallet, options } = setUp()
  say(
    'service',
    live ? 'https://stablestudio.dev, paid with real USDC' : 'sandbox in memory, paid with play money',
  )
  say('wallet', wallet.address)
  const studio = new StableStudioClient({ ...options, wallet, limits, approve })

  for (const { job: found } of await studio.recover()) {
    if (found) say('recovered', `job ${found.id} from an earlier run, $${found.receipt.usd}`)
  }

  const quote = await studio.quote(operation, input)
  say('price', `$${quote.usd} for ${operation}, "${input.prompt}"`)

  const job = await studio.submit(quote)
  say('paid', `$${job.receipt.usd}, job ${job.id}`)

  const progress = showProgress()
  const image = await studio
    .wait(job, {
      onProgress: ({ status = 'pending', expectedMs = 0 }) => progress.update(status, expectedMs),
    })
    .finally(progress.end)

  const file = await saveTo(image, 'output/')

  let spent = 0n
  for await (const { receipt } of studio.payments()) spent += BigInt(receipt?.amount ?? 0)
  const left = (Number(limits.total) - Number(spent) / 1e6).toFixed(2)
  say(
    'saved',
    `${relative(process.cwd(), file)}${live ? '' : ' (the sandbox draws a landscape, whatever the prompt)'}`,
  )
  say('cost', `$${job.receipt.usd}`)
  say('transaction', job.receipt.transaction ?? 'not reported')
  say('left', `$${left} of the limit of $${limits.total}`)
}

main().catch((error: unknown) => {
  const lines = isStableStudioError(error)
    ? [error.shortMessage, error.details, error.hint]
    : [error instanceof Error ? error.message : String(error)]
  const text = lines
    .filter((line) => line !== undefined)
    .join(' ')
    .replace(/\s+/g, ' ')
  process.stderr.write(`${terminal ? '\r\x1b[2K' : ''}error       ${text}\n`)
  process.exitCode = 1
})
