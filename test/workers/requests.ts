// A worker that downloads with the runtime's own fetch, and signs with a wallet that its requests share.
import { privateKeyToAccount } from 'viem/accounts'
import { createHttp } from '../../src/internal/http.ts'
import { createSecrets } from '../../src/internal/secrets.ts'
import { createDeadline } from '../../src/internal/time.ts'
import { toWallet, type Wallet } from '../../src/wallet.ts'

const wallet = toWallet(privateKeyToAccount(`0x${'11'.repeat(32)}`)) as Wallet
const http = createHttp(undefined, () => {}, createSecrets())

async function download(url: string, retries: number): Promise<string> {
  const result = await http({ method: 'GET', url, timeoutMs: 5_000, retries })
  return result.kind === 'answer' ? `${result.status} ${result.text()}` : String(result.cause)
}

// biome-ignore lint/style/noDefaultExport: workers export their handler as default
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/download')
      return new Response(await download(searchParams.get('from') ?? '', Number(searchParams.get('retries'))))
    const signed = wallet.signMessage('hello', createDeadline(2_000, undefined))
    // A request that is over before its signature has been taken.
    if (pathname === '/leave') {
      signed.catch(() => {})
      return new Response('left')
    }
    return new Response(
      await signed.then(
        () => 'signed',
        (error) => error.code,
      ),
    )
  },
}
