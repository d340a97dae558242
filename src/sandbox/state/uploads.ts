// An upload between its ticket and its confirmation.
import type { Address } from 'viem'

/** A ticket for one upload. Times are ms. */
export type PendingUpload = {
  id: string
  owner: Address
  filename: string
  contentType: string
  token: string
  pathname: string
  expiresAt: number
  /** Where the bytes are, after the PUT. */
  blobUrl: string | undefined
}
