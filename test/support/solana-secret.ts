// Throw-away keys of Solana.

/** A throw-away secret: 32 bytes and the public key of them. */
export async function secret(): Promise<Uint8Array> {
  const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey))
  const raw = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return Uint8Array.from([...pkcs8.subarray(16), ...raw])
}
