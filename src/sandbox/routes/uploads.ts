// Uploads: the paid ticket, the PUT of the bytes, and the confirmation with sign-in.
import { randomHex } from '../../internal/hex.ts'
import { mediaTypes } from '../../internal/media-type.ts'
import { parseUrl } from '../../internal/url.ts'
import * as z from '../../internal/zod.ts'
import { type Made, type PaidRoute, parseBody } from '../payment/route.ts'
import { assetHost } from '../state/jobs.ts'
import type { PendingUpload, World } from '../state/world.ts'
import { type Answer, bodyText, failure, type Incoming, json } from '../wire/messages.ts'
import { signedIn } from './sign-in.ts'

const tokenLifeMs = 5 * 60_000
const price = 10_000n

const ticketRequest = z.object({
  filename: z.string().check(z.minLength(1)),
  contentType: z.enum(mediaTypes),
  size: z.optional(z.number()),
})

const url = z.string().check(z.refine((text) => parseUrl(text) !== undefined, { error: 'Invalid URL' }))
const confirmation = z.object({ uploadId: z.string(), blobUrl: url })

export function uploadRoute(world: World): PaidRoute {
  return {
    operation: 'upload',
    description: 'Create an upload ticket for a media file',
    tag: 'Upload',
    ceiling: price,
    schema: ticketRequest,
    handle: (body, owner) => makeTicket(world, body as z.infer<typeof ticketRequest>, owner),
  }
}

function makeTicket(
  world: World,
  { filename, contentType }: z.infer<typeof ticketRequest>,
  owner: string,
): Made {
  const now = world.settings.clock.now()
  const id = world.ids.uuid(now)
  const pathname = `uploads/${world.ids.uuid(now)}/${filename}`
  const token = `vercel_blob_client_${randomHex(24)}`
  const expiresAt = now + tokenLifeMs
  world.uploads.set(id, { id, owner, filename, contentType, token, pathname, expiresAt, blobUrl: undefined })
  const target = `https://vercel.com/api/blob/?pathname=${encodeURIComponent(pathname)}`
  const headers = `-H "authorization: Bearer ${token}" -H "x-content-type: ${contentType}" -H "x-api-version: 11"`
  const answer = {
    uploadId: id,
    clientToken: token,
    pathname,
    expiresAt: new Date(expiresAt).toISOString(),
    curlExample: `curl -X PUT "${target}" ${headers} --data-binary @file`,
  }
  return { jobId: undefined, answer }
}

/** The PUT on the blob host: the ticket's token opens exactly one path, for five minutes. */
export function putBlob(world: World, incoming: Incoming): Answer {
  const { url, headers, method } = incoming
  if (method !== 'PUT') return blobError(405, 'method_not_allowed')
  const token = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '')?.[1]
  const upload = [...world.uploads.values()].find((one) => one.token === token)
  const now = world.settings.clock.now()
  if (!upload || now >= upload.expiresAt) return blobError(403, 'client_token_expired')
  if (url.searchParams.get('pathname') !== upload.pathname)
    return blobError(403, 'client_token_pathname_mismatch')
  if (headers.get('x-content-type') !== upload.contentType) return blobError(403, 'content_type_not_allowed')
  if (headers.get('x-api-version') !== '11') return blobError(400, 'bad_request')
  const bytes = Uint8Array.from(incoming.body)
  const blobUrl = blobUrlOf(upload)
  world.assets.put(new URL(blobUrl).pathname, {
    contentType: upload.contentType,
    from: now,
    bytes: async () => bytes,
  })
  upload.blobUrl = blobUrl
  const { pathname, contentType } = upload
  return json({ url: blobUrl, downloadUrl: `${blobUrl}?download=1`, pathname, contentType })
}

export function confirmUpload(world: World, incoming: Incoming): Promise<Answer> {
  return signedIn(world, incoming, 'Confirm an upload', (signer) => {
    const { body, error, issues } = parseBody(bodyText(incoming), confirmation)
    if (!body) return failure(400, error, { issues })
    const { uploadId, blobUrl } = body as z.infer<typeof confirmation>
    const upload = world.uploads.get(uploadId)
    if (!upload) return failure(404, 'Upload not found')
    if (upload.owner !== signer) return failure(403, 'Unauthorized')
    if (upload.blobUrl !== blobUrl) return failure(400, 'Blob not found')
    const { id, filename, contentType: mediaType } = upload
    return json({ success: true, upload: { id, blobUrl, filename, mediaType } })
  })
}

/** Always the https blob host, even behind `listen()`: inputs accept no other URLs. */
function blobUrlOf({ pathname }: PendingUpload): string {
  return `https://${assetHost}/${pathname.split('/').map(encodeURIComponent).join('/')}`
}

function blobError(status: number, code: string): Answer {
  return json({ error: { code, message: `Vercel Blob: ${code.replaceAll('_', ' ')}` } }, status)
}
