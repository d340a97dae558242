// An error that repeats the request's headers, secrets first, as a careless server or edge would.
import { decodeText } from '../../internal/base64.ts'
import { botWall } from './bot-wall.ts'
import type { EchoForm, FaultValues } from './fault-types.ts'
import { type Answer, failure, type Incoming } from './messages.ts'

const secrets = ['payment-signature', 'x-payment', 'sign-in-with-x', 'authorization']

export function echo({ headers }: Incoming, { status, form, page }: FaultValues): Answer {
  const all = [...headers].sort(([a], [b]) => Number(secrets.includes(b)) - Number(secrets.includes(a)))
  const asked: readonly EchoForm[] = form === undefined ? ['raw', 'decoded', 'escaped', 'cut'] : [form]
  const message = `Unexpected headers. ${asked.map((one) => repeat(all, one)).join(' ')}`
  return page ? botWall(status, message) : failure(status, 'Bad request', { message })
}

function repeat(headers: readonly [name: string, value: string][], form: EchoForm): string {
  return headers
    .flatMap(([name, value]) => written(name, value, form).map((one) => `${name}: ${one};`))
    .join(' ')
}

function written(name: string, value: string, form: EchoForm): string[] {
  if (form === 'raw') return [value]
  if (form === 'cut') return [value.slice(0, Math.ceil((value.length * 2) / 3))]
  const inside = secrets.includes(name) ? decodeText(value.replace(/^\w+ /, '')) : undefined
  if (form === 'decoded') return inside === undefined ? [] : [inside]
  return [value, ...(inside === undefined ? [] : [inside])].map((one) => JSON.stringify(one).slice(1, -1))
}
