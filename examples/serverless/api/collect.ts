// Vercel function: collects a picture.
import { collectPicture } from '../handlers.ts'
import { guarded } from './_studio.ts'

export const POST = guarded(collectPicture)
