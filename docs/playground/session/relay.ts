// Takes the requests of a program to the sandbox, its answers back, and its reports to the page.
import type { Answered, Report, Sent } from '../wire.ts'
import type { World } from './world.ts'

/** A request as the page lists it. */
export type Logged = {
  method: string
  path: string
  /** Whether it carried a payment. */
  paid: boolean
  /** Whether it carried a sign-in proof. */
  signedIn: boolean
  /** The status of the answer; `lost` when none arrived. */
  outcome: number | 'open' | 'lost'
}

export type Relay = {
  world: World
  log: { push(entry: Logged): void }
  changed(): void
  /** Called when money has moved, before the answer is on its way. */
  settled(): void
  report(report: Report): void
  /** Whether the program has ended, so that no answer reaches it. */
  gone(): boolean
}

export function relay(port: MessagePort, { world, log, changed, settled, report, gone }: Relay): void {
  const answer = async (sent: Sent): Promise<void> => {
    const entry = logged(sent)
    log.push(entry)
    changed()
    const before = world.sandbox.settlements().length
    const answered = await exchange(world, sent)
    if (world.sandbox.settlements().length > before) settled()
    entry.outcome = 'lost' in answered || gone() ? 'lost' : answered.status
    changed()
    if (!gone()) port.postMessage(answered, 'body' in answered ? [answered.body] : [])
  }
  port.onmessage = ({ data }: MessageEvent<Sent | Report>) => {
    if ('kind' in data) report(data)
    else void answer(data)
  }
}

async function exchange({ sandbox }: World, { id, method, url, headers, body }: Sent): Promise<Answered> {
  try {
    const content = method === 'GET' || method === 'HEAD' ? null : body
    const response = await sandbox.fetch(url, { method, headers, body: content })
    const whole = await response.arrayBuffer()
    return { id, status: response.status, headers: [...response.headers], body: whole }
  } catch (error) {
    return { id, lost: String(error) }
  }
}

function logged({ method, url, headers }: Sent): Logged {
  const { pathname, host } = new URL(url)
  const has = (wanted: string) => headers.some(([name]) => name === wanted)
  return {
    method,
    path: shortened(host === 'stablestudio.dev' ? pathname : `${host}${pathname}`),
    paid: has('payment-signature'),
    signedIn: has('sign-in-with-x'),
    outcome: 'open',
  }
}

/** Without the middle of long ids and hosts: the ends tell them apart. */
function shortened(path: string): string {
  return path.replace(/[\w.-]{22,}/g, (part) => `${part.slice(0, 8)}…${part.slice(-6)}`)
}
