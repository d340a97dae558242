// The sandbox's chain, and its play money. Neither is there on the real service.
import { originOf, sandbox } from '../../../lib/service.ts'

export async function POST(request: Request): Promise<Response> {
  const memory = sandbox()
  const { pathname, searchParams } = new URL(request.url)
  if (memory && pathname === '/sandbox/rpc')
    return memory.fetch(`${originOf(request)}/rpc`, { method: 'POST', body: await request.text() })
  if (!memory || pathname !== '/sandbox/fund') return new Response(null, { status: 404 })
  memory.fund(searchParams.get('address') as `0x${string}`, '20')
  return new Response(null, { status: 204 })
}
