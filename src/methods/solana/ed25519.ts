// Ed25519 by WebCrypto (RFC 8032): keys that cannot be read out again, and the check of every signature.

const algorithm = 'Ed25519'

export async function verifies(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['verify'])
  return crypto.subtle.verify(algorithm, imported, signature, message)
}

/** RFC 8410: a private key's 32 bytes behind this are a PKCS #8 document. */
const pkcs8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]

/** Signs with a secret of 32 bytes. The key cannot be exported. */
export async function signerOf(
  secret: Uint8Array,
): Promise<(message: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>> {
  const key = await crypto.subtle.importKey('pkcs8', Uint8Array.of(...pkcs8, ...secret), algorithm, false, [
    'sign',
  ])
  return async (message) => new Uint8Array(await crypto.subtle.sign(algorithm, key, Uint8Array.from(message)))
}
