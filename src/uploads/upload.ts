// Uploads a file in three steps: pay for a ticket, put the bytes, confirm. The same bytes are paid for once.

import { bounded } from '../boundary.ts'
import type { Call, Trace } from '../call.ts'
import type { Context } from '../context.ts'
import { abortedError } from '../errors/aborted.ts'
import { ServiceError } from '../errors.ts'
import { type HttpResult, isSuccess } from '../internal/http.ts'
import { own, ownString } from '../internal/json.ts'
import { safeText } from '../internal/text.ts'
import { within } from '../internal/time.ts'
import type { AttemptRecord, UploadTicket } from '../ledger/records.ts'
import type { PricedOffer } from '../methods/method.ts'
import { buy } from '../payment/buy.ts'
import { deliveryLost } from '../payment/errors.ts'
import { checkCap } from '../payment/policy.ts'
import { isAllowedAsset } from '../service/outputs.ts'
import { saidBy } from '../service/refusals.ts'
import { isWordOfService, uploadPath } from '../service/requests.ts'
import { requestSignedIn } from '../service/sign-in.ts'
import type { Upload } from '../types.ts'
import type { UploadFile } from './file.ts'

/** Assets live about 20 minutes; a little less is counted on. */
const lifetimeMs = 18 * 60_000
const ticketMarginMs = 15_000
/** The bytes on the blob store are the same however often they are put there. */
const putRetries = 3
const tries = 4

/** Uploads a file once, however many calls of this client want it. */
export async function uploadFile(context: Context, file: UploadFile, call: Call): Promise<Upload> {
  // Another call may be at it; if that one fails or is aborted, this one goes on with what it left.
  const shared = await waitForOther(context.uploads.get(file.hash), call)
  if (shared) {
    const { receipt: _paidByTheOther, ...upload } = shared
    return upload
  }
  const work = uploadOnce(context, file, call).finally(() => context.uploads.delete(file.hash))
  context.uploads.set(file.hash, work)
  return work
}

async function uploadOnce(context: Context, file: UploadFile, call: Call): Promise<Upload> {
  const input = { filename: file.filename, contentType: file.mediaType, size: file.bytes.length }
  const body = JSON.stringify(input)
  const request = { operation: 'upload', path: uploadPath, input, body, identity: file.hash }
  // A payment of its own: it says nothing of what the generation that needs the file has paid.
  const trace: Trace = { phase: 'upload', payment: 'none', keyed: true }
  const keyed = { ...call, idempotencyKey: keyOf(file.hash), maxPrice: undefined, trace }
  return bounded(context, keyed, async () => {
    const order = {
      request,
      isUsable: (one: AttemptRecord) => isUsable(context, one),
      check: ({ offer }: PricedOffer) => checkCap(offer.amount, call.maxPrice),
    }
    const { record, paidNow } = await buy(context, order, keyed)
    Object.assign(trace, { phase: 'upload', payment: 'settled', attemptId: record.id })
    const hosted = record.upload ?? (await deliver(context, record, file, call))
    const receipt = record.receipt
    return { ...hosted, ...(paidNow && receipt && { receipt }) }
  })
}

/** The upload of another call, as long as this call's own time lasts. */
async function waitForOther(running: Promise<Upload> | undefined, call: Call): Promise<Upload | undefined> {
  if (!running) return undefined
  const { deadline } = call
  const other = running.catch(() => undefined)
  return within(other, deadline.left(), deadline, uploadTimedOut).catch((error) => {
    throw deadline.signal?.aborted ? abortedError(deadline, { phase: 'upload' }) : error
  })
}

function uploadTimedOut(): ServiceError {
  return new ServiceError('The call timed out while the same file was being uploaded.', {
    code: 'timeout',
    phase: 'upload',
    safeToRetry: true,
    hint: 'Nothing was paid by this call.',
  })
}

const keyOf = (hash: string) => `upload:${hash}`

/** Whether these bytes lie on the service, or are paid for already. Asks only the ledger. */
export async function isUploaded(context: Context, hash: string): Promise<boolean> {
  const held = await context.ledger.findKey(keyOf(hash))
  const handle = held && (await context.ledger.find(held.attemptId))
  return handle?.record.state === 'settled' && isUsable(context, handle.record)
}

/** Whether what was bought before can still be used: a file that still lies there, or a ticket that is still good. */
function isUsable(context: Context, { upload: hosted, ticket }: AttemptRecord): boolean {
  const now = context.clock.now()
  if (hosted) return Date.parse(hosted.expiresAt) > now
  return ticket !== undefined && Date.parse(ticket.expiresAt) > now + ticketMarginMs
}

/** Puts the bytes and confirms; each step is recorded, so that a crash between them does not pay again. */
async function deliver(context: Context, record: AttemptRecord, file: UploadFile, call: Call) {
  const { ticket } = record
  if (!ticket) throw deliveryLost(record)
  const blobUrl = ticket.blobUrl ?? (await putBytes(context, record, ticket, file, call))
  const upload = await confirm(context, record, { ticket, blobUrl, file }, call)
  await remember(context, record, { upload, ticket: undefined })
  return upload
}

async function putBytes(
  context: Context,
  record: AttemptRecord,
  ticket: UploadTicket,
  file: UploadFile,
  call: Call,
): Promise<string> {
  const result = await context.http({
    method: 'PUT',
    url: `${context.blobUrl}${context.blobUrl.includes('?') ? '&' : '?'}pathname=${encodeURIComponent(ticket.pathname)}`,
    headers: {
      authorization: `Bearer ${ticket.clientToken}`,
      'x-content-type': file.mediaType,
      'x-api-version': '11',
    },
    body: file.bytes,
    timeoutMs: call.deadline.left(),
    signal: call.deadline.signal,
    retries: putRetries,
  })
  const said = result.kind === 'answer' && isSuccess(result) ? ownString(result.json(), 'url') : undefined
  const blobUrl = said && isAllowedAsset(context, said) ? said : undefined
  if (!blobUrl) throw failedStep(record, 'The bytes could not be put on the blob store.', result, call)
  await remember(context, record, { ticket: { ...ticket, blobUrl } })
  return blobUrl
}

async function confirm(
  context: Context,
  record: AttemptRecord,
  { ticket, blobUrl, file }: { ticket: UploadTicket; blobUrl: string; file: UploadFile },
  call: Call,
) {
  const body = JSON.stringify({ uploadId: ticket.uploadId, blobUrl })
  const request = { method: 'POST', path: `${uploadPath}/confirm`, body, phase: 'upload' } as const
  const result = await retried(call, () => requestSignedIn(context, request, call.deadline))
  const said = result.kind === 'answer' && isSuccess(result) ? own(result.json(), 'upload') : undefined
  const url = ownString(said, 'blobUrl')
  if (!url || !isAllowedAsset(context, url))
    throw failedStep(record, 'The upload could not be confirmed.', result, call)
  const text = (key: string, otherwise: string) => safeText(ownString(said, key) ?? otherwise)
  return {
    id: text('id', ticket.uploadId),
    url,
    filename: text('filename', file.filename),
    mediaType: text('mediaType', file.mediaType),
    expiresAt: new Date(context.clock.now() + lifetimeMs).toISOString(),
  }
}

/** Tries again, each time with a new proof, after a lost or a 5xx answer or a page: it gives the same when repeated. */
async function retried(call: Call, attempt: () => Promise<HttpResult>): Promise<HttpResult> {
  for (let count = 1; ; count += 1) {
    const result = await attempt()
    const passing =
      result.kind === 'failure' || result.status >= 500 || result.status === 429 || !isWordOfService(result)
    const pause = 500 * 2 ** count
    if (!passing || count >= tries || call.deadline.left() <= pause || call.deadline.signal?.aborted)
      return result
    await call.deadline.rest(pause)
  }
}

/** What is forgotten by a failing store only costs another $0.01 after a crash. */
async function remember(
  context: Context,
  record: AttemptRecord,
  change: Partial<AttemptRecord>,
): Promise<void> {
  const handle = await context.ledger.find(record.id).catch(() => undefined)
  await handle?.update(change).catch(() => false)
}

function failedStep(record: AttemptRecord, message: string, result: HttpResult, call: Call) {
  if (call.deadline.signal?.aborted) {
    return abortedError(call.deadline, { phase: 'upload', payment: 'settled', attemptId: record.id })
  }
  const answer = result.kind === 'answer' ? result : undefined
  return new ServiceError(message, {
    code: answer ? 'service_error' : 'network_error',
    phase: 'upload',
    payment: 'settled',
    safeToRetry: true,
    attemptId: record.id,
    status: answer?.status,
    details: answer && (saidBy(answer, [record.ticket?.clientToken ?? '']) ?? `HTTP ${answer.status}.`),
    hint: 'The ticket is paid, and is good for some minutes: call upload() with the same bytes to continue.',
    ...(result.kind === 'failure' && { cause: result.cause }),
  })
}
