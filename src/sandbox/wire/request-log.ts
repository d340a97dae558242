// The log of requests: bounded, and without header values.

import { mppHeader } from '../payment/mpp-credential.ts'
import { paymentHeader } from '../payment/pay.ts'
import type { SandboxRequest } from '../state/types.ts'
import type { Incoming } from './messages.ts'
import { pathOf } from './paths.ts'

const maxRequests = 1000

export function createRequestLog() {
  const entries: SandboxRequest[] = []
  return {
    /** Logs a request; the returned function sets the status of its answer. */
    add({ method, url, headers }: Incoming, at: number) {
      const proven = mppHeader(headers) !== null
      // On a free route the same header is a sign-in proof.
      const free = /^\/api\/(jobs|upload\/confirm)/.test(pathOf(url))
      const entry: SandboxRequest = {
        method,
        path: url.pathname,
        at,
        paid: paymentHeader(headers) !== null || (proven && !free),
        signedIn: headers.has('sign-in-with-x') || (proven && free),
        status: 0,
      }
      entries.push(entry)
      if (entries.length > maxRequests) entries.shift()
      return (status: number) => {
        entry.status = status
      }
    },
    all: () => entries.map((entry) => Object.freeze({ ...entry })),
  }
}
