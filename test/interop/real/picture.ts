// The picture that every job makes: one grey pixel.

const base64 = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=='

export const png = Uint8Array.from(Buffer.from(base64, 'base64'))
