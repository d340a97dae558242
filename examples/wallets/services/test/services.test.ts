// The recipes with the services' own packages, each on a server at 127.0.0.1 that answers as the package expects of its
// service, and signs with a real key. It shows that the package takes what the client signs, and that the client takes what
// the package makes of the answer; not what the service itself does.
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CdpClient, type EvmServerAccount, type EvmSmartAccount } from '@coinbase/cdp-sdk'
import { PrivyClient } from '@privy-io/node'
import { Turnkey } from '@turnkey/sdk-server'
import { StableStudioClient, type WalletOption } from 'stablestudio'
import { createSandbox } from 'stablestudio/sandbox'
import { type Hex, parseSignature } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { expect, expectTypeOf, it, onTestFinished, vi } from 'vitest'
import { serveKey } from '../../../../test/support/key-service.ts'
import { cdpWallet } from '../cdp.ts'
import { privyWallet } from '../privy.ts'
import { turnkeyWallet } from '../turnkey.ts'
import type { phoneWallet } from '../walletconnect.ts'

// biome-ignore lint/suspicious/noExplicitAny: each service has bodies of its own
type Body = any
const key = privateKeyToAccount(generatePrivateKey())

/** A server that answers with JSON. */
async function serve(answer: (path: string, body: Body) => unknown): Promise<string> {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined
    const result = await answer(request.url ?? '', body)
    response.writeHead(result ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(result ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function paysWith(wallet: WalletOption, address: Hex = key.address): Promise<void> {
  const sandbox = createSandbox({ instant: true })
  sandbox.fund(address, '1')
  const studio = new StableStudioClient({ wallet, fetch: sandbox.fetch })
  await studio.run('grok/generate', { prompt: 'a lighthouse at dusk' })
  expect(sandbox.settlements().map(({ from }) => from)).toEqual([address])
}

it('AWS KMS pays', async () => {
  const server = await serveKey()
  onTestFinished(server.close)
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', server.url)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'none')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'none')
  const { awsKmsWallet } = await import('../aws-kms.ts')
  await paysWith(await awsKmsWallet('alias/pictures'), server.account.address)
})

it('a server wallet of CDP pays', async () => {
  vi.stubEnv('DISABLE_CDP_USAGE_TRACKING', 'true')
  vi.stubEnv('DISABLE_CDP_ERROR_REPORTING', 'true')
  const url = await serve(async (path, body) => {
    if (path.endsWith('/sign/typed-data')) return { signature: await key.signTypedData(body) }
    if (path.endsWith('/sign/message')) return { signature: await key.signMessage(body) }
    return { address: key.address, name: 'pictures' }
  })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cdp = new CdpClient({
    apiKeyId: 'none',
    apiKeySecret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    walletSecret: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    basePath: url,
  })
  await paysWith(await cdpWallet('pictures', cdp))
})

it('a server wallet of Privy pays', async () => {
  const signatureOf = async ({ method, params }: Body): Promise<Hex> => {
    if (method === 'personal_sign') return key.signMessage(params)
    const { primary_type: primaryType, ...data } = params.typed_data
    return key.signTypedData({ ...data, primaryType })
  }
  const url = await serve(async (path, body) => {
    if (path.endsWith('/rpc')) return { method: body.method, data: { signature: await signatureOf(body) } }
    return { id: 'one', address: key.address, chain_type: 'ethereum' }
  })
  const privy = new PrivyClient({ appId: 'none', appSecret: 'none', apiUrl: url })
  await paysWith(await privyWallet(privy, 'one'))
})

it('a wallet of Turnkey pays', async () => {
  const url = await serve(async (path, { parameters }) => {
    if (!path.endsWith('/sign_raw_payload')) return undefined
    const { payload, encoding } = parameters
    const signature =
      encoding === 'PAYLOAD_ENCODING_EIP712'
        ? await key.signTypedData(JSON.parse(payload))
        : await key.sign({ hash: payload })
    const { r, s, yParity } = parseSignature(signature)
    const signRawPayloadResult = { r: r.slice(2), s: s.slice(2), v: `0${yParity}` }
    return { activity: { id: 'one', status: 'ACTIVITY_STATUS_COMPLETED', result: { signRawPayloadResult } } }
  })
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { d = '', x = '', y = '' } = pair.privateKey.export({ format: 'jwk' })
  const sign = Buffer.from(y, 'base64url').at(-1) ?? 0
  const turnkey = new Turnkey({
    apiBaseUrl: url,
    apiPrivateKey: Buffer.from(d, 'base64url').toString('hex'),
    apiPublicKey: `${sign % 2 ? '03' : '02'}${Buffer.from(x, 'base64url').toString('hex')}`,
    defaultOrganizationId: 'none',
  })
  await paysWith(await turnkeyWallet(turnkey.apiClient(), 'none', key.address))
})

it('an account of CDP itself, and a smart one, is refused by the types', () => {
  expectTypeOf<EvmServerAccount>().not.toExtend<WalletOption>()
  expectTypeOf<EvmSmartAccount>().not.toExtend<WalletOption>()
  expectTypeOf<Awaited<ReturnType<typeof phoneWallet>>>().toExtend<WalletOption>()
  expectTypeOf<Awaited<ReturnType<typeof phoneWallet>>>().not.toBeAny()
})
