// `demo`: a picture on the sandbox, from the price to the file, without a wallet and without money.
import type { Flags } from '../flags.ts'
import { payFor } from '../pay/pay.ts'

export async function demo(flags: Flags): Promise<number> {
  const input = { prompt: 'A lighthouse at dusk', quality: 'low', output_format: 'png' }
  return payFor([{ operation: 'gpt-image-1.5/generate', input }], { ...flags, sandbox: true })
}
