// The sandbox's pictures. There are none on the real service.
import { originOf, sandbox } from '../../../lib/service.ts'

export async function GET(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  return (
    (await sandbox()?.fetch(`${originOf(request)}${pathname}${search}`)) ??
    new Response(null, { status: 404 })
  )
}
