// The flow on a runtime with files: Node, Bun or Deno. Bundled twice, as ESM that imports the package and as CommonJS
// that requires it.
import { mkdtemp, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import * as ai from 'ai'
import * as core from 'stablestudio'
import * as provider from 'stablestudio/ai'
import { fileStore, fromFile, saveTo } from 'stablestudio/node'
import * as sandbox from 'stablestudio/sandbox'
import * as siwx from 'stablestudio/siwx'
import * as solana from 'stablestudio/solana'
import * as x402 from 'stablestudio/x402'
import * as accounts from 'viem/accounts'
import { aiSdk } from '../flow/ai-sdk.ts'
import { play } from '../flow/play.ts'
import { all, type Check, equal, holds, textAt } from '../flow/rig.ts'

/** Set by the bundler. */
declare const FORMAT: 'esm' | 'cjs'

/** An ESM file beside this one: Deno gives a CommonJS file that imports the package the copy that it has already. */
const otherModule = './other.mjs'

const files: Check = [
  'files',
  async ({ studio, image }) => {
    if (!image) throw new Error('there is no image')
    const folder = await mkdtemp(join(process.cwd(), 'saved-'))
    const path = await saveTo(image, `${folder}/deep/`)
    equal(path, join(folder, 'deep', `${image.jobId}.png`), 'the path')
    const bytes = new Uint8Array(await readFile(path))
    equal([textAt(bytes, 1, 3), bytes.length], ['PNG', (await image.bytes()).length], 'the file')
    const upload = await studio.upload(await fromFile(path))
    equal(upload.mediaType, 'image/png', 'the upload of the saved file')
    holds((await all(studio.payments())).length > 0, 'the file store is empty')
  },
]

async function main(): Promise<void> {
  const [baseUrl = '', control = ''] = process.argv.slice(2)
  const other: typeof core =
    FORMAT === 'esm' ? createRequire(import.meta.url)('stablestudio') : await import(otherModule)
  const store = await mkdtemp(join(process.cwd(), 'store-'))
  const openStore = () => fileStore(store)
  const rig = {
    core,
    sandbox,
    solana,
    x402,
    siwx,
    accounts,
    other,
    baseUrl,
    origin: baseUrl,
    control,
    openStore,
  }
  process.stdout.write(`${JSON.stringify(await play({ ...rig, extra: [files, aiSdk(ai, provider)] }))}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
  process.exitCode = 1
})
