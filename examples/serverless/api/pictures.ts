// Vercel function: pays for a picture.
import { submitPicture } from '../handlers.ts'
import { guarded } from './_studio.ts'

export const POST = guarded(submitPicture)
