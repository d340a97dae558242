// Loaded before a program of a document: to it, the world is a sandbox. Its wallets are new and have play money, `fetch`
// reaches nothing else, and the package is its source. When it ends, the number of its payments is on descriptor 3.
import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import { createSandbox } from '../../src/entries/sandbox.ts'
import { solanaKey } from '../../src/entries/solana.ts'
import { readPaths } from './paths.ts'

const root = new URL('../../', import.meta.url)
const paths = readPaths(root)

registerHooks({
  resolve(specifier, context, next) {
    const source = paths[specifier]
    if (source) return { url: new URL(source, root).href, shortCircuit: true }
    // A program comes by stdin, and its libraries are those of the repository.
    const fromProgram = context.parentURL?.startsWith(pathToFileURL(process.cwd()).href)
    return next(specifier, fromProgram ? { ...context, parentURL: root.href } : context)
  },
})

/** 32 bytes and the public key of them, as `solana-keygen` writes it. */
async function newSolanaSecret(): Promise<string> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  const secret = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).subarray(16)
  const open = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return JSON.stringify([...secret, ...open])
}

const sandbox = createSandbox({ instant: true })
const key = generatePrivateKey()
process.env.PRIVATE_KEY = key
process.env.SOLANA_KEY = await newSolanaSecret()
sandbox.fund(privateKeyToAddress(key), '10')
sandbox.fund(privateKeyToAddress(key), '10', 'eip155:4217')
sandbox.fund((await solanaKey(process.env.SOLANA_KEY)).address, '10')

globalThis.fetch = (input, init) => {
  const request = new Request(input, init)
  // The public node of Tempo, whose part the sandbox plays as well.
  const { origin } = new URL(request.url)
  if (origin !== 'https://rpc.tempo.xyz') return sandbox.fetch(request)
  return sandbox.fetch(new Request('https://stablestudio.dev/rpc/tempo', request))
}

process.on('exit', () => writeSync(3, String(sandbox.settlements().length)))
