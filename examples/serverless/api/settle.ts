// Vercel function, called by the schedule in vercel.json: settles what was left open.
import { settle } from '../handlers.ts'
import { guarded } from './_studio.ts'

export const GET = guarded(async (studio) => Response.json(await settle(studio)), 'schedule')
