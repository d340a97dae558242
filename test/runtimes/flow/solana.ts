// A generation paid on Solana, on this runtime: its WebCrypto has Ed25519, or this fails.
import { type Check, connect, control, equal } from './rig.ts'

/** A throw-away secret: 32 bytes and their public key. */
async function newSecret(): Promise<Uint8Array> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const [secret, key] = await Promise.all([
    crypto.subtle.exportKey('pkcs8', pair.privateKey) as Promise<ArrayBuffer>,
    crypto.subtle.exportKey('raw', pair.publicKey) as Promise<ArrayBuffer>,
  ])
  return Uint8Array.from([...new Uint8Array(secret).slice(16), ...new Uint8Array(key)])
}

export const onSolana: Check = [
  'Solana',
  async ({ rig }) => {
    const { solana, solanaKey } = rig.solana
    const account = await solanaKey(await newSecret())
    await control(rig, { fund: account.address })
    const before = (await control(rig)).settlements.length
    const studio = connect(rig, { payWith: [solana({ account })] })
    const image = await studio.run('grok/generate', { prompt: 'a buoy at dawn' })
    equal([image.kind, image.receipt.payer], ['image', account.address], 'the image')
    const { settlements } = await control(rig)
    equal(settlements.length, before + 1, 'settlements')
    equal(settlements.at(-1)?.network, 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp', 'the network')
  },
]
