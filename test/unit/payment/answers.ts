// Answers to a paid request, and what they decide.
import type { HttpResult } from '../../../src/internal/http.ts'
import { parseJson } from '../../../src/internal/json.ts'
import type { Settlement } from '../../../src/methods/method.ts'
import { judge, readAcceptedJob } from '../../../src/payment/answer.ts'

export function answer(status: number, body: unknown): HttpResult {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const bytes = new TextEncoder().encode(text)
  return {
    kind: 'answer',
    status,
    headers: new Headers(),
    bytes,
    text: () => text,
    json: () => parseJson(text),
  }
}

export const verdictOn = (result: HttpResult, settlement?: Settlement) =>
  judge(result, settlement, readAcceptedJob)
