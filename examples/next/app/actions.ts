'use server'
// What this server pays for. Anybody can call an action: check here who may, before you pay for strangers.
import { isStableStudioError } from 'stablestudio'
import { serverStudio } from '../lib/server-studio.ts'

export type Made = { url: string; usd: string } | { problem: string }

/** @param form `prompt`, and `key`: sent twice, it is paid for once. */
export async function makeOnServer(_before: Made | undefined, form: FormData): Promise<Made> {
  const prompt = String(form.get('prompt') ?? '').slice(0, 1000)
  const idempotencyKey = String(form.get('key') ?? '').slice(0, 100)
  if (!prompt || !idempotencyKey) return { problem: 'Write what it should show.' }
  try {
    const studio = await serverStudio()
    const { url, receipt } = await studio.run(
      'grok/generate',
      { prompt },
      { maxPrice: '0.10', idempotencyKey },
    )
    return { url, usd: receipt.usd }
  } catch (error) {
    if (!isStableStudioError(error)) throw error
    return { problem: `${error.shortMessage} ${error.hint ?? ''}` }
  }
}
