// Paths that are spelled otherwise, and what a server makes of them.
import { describe, test } from 'vitest'
import { see } from '../support/observe.ts'
import { onBoth } from '../support/same.ts'
import { buy, challenge, input, path, pay, post, signIn } from '../support/sign.ts'

const same = onBoth()

describe('a path', () => {
  test.each([
    ['with an escaped letter', '/api/generate/%6eano-banana/generate'],
    ['with escaped letters', '/%61pi/%67enerate/nano-banana/generat%65'],
    ['with a letter escaped twice', '/api/generate/%256eano-banana/generate'],
    ['with an escaped slash', '/api/generate/nano-banana%2Fgenerate'],
    ['with a wrong escape', '/api/generate/%zznano-banana/generate'],
    ['with half an escape', '/api/generate/nano-banana/generate%6'],
    ['with an escape that is no UTF-8', '/api/generate/nano-banana/generate%ff'],
    ['with an escape after a wrong one', '/api/generate/%zz%6eano-banana/generate'],
    ['with a slash at its end', '/api/generate/nano-banana/generate/'],
    ['with two slashes', '/api//generate/nano-banana/generate'],
    ['in upper case', '/API/generate/nano-banana/generate'],
    ['with dots', '/api/x/../generate/nano-banana/generate'],
    ['with a query', '/api/generate/nano-banana/generate?x=%6e'],
    ['of an upload', '/api/uplo%61d'],
  ])('%s is answered alike', async (_what, odd) => {
    await same((stack) => see(stack, odd, post(input)))
  })

  test.each([
    ['of the list', () => '/api/job%73'],
    ['of a job', (id: string) => `/api/jobs/%63${id.slice(1)}`],
    ['of a job, before it', (id: string) => `/api/%6aobs/${id}`],
    ['of no job', () => '/api/jobs/%zz'],
    ['of a confirmation', () => '/api/upload/confir%6d'],
  ])('%s with an escaped letter is answered alike', async (_what, spell) => {
    await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const route = spell(await buy(stack, payer))
      const headers = { 'sign-in-with-x': await signIn(stack, payer) }
      // How far the job is depends on when it was asked for.
      const { status, body } = await see(stack, route, { headers })
      const { progress: _progress, status: _state, ...job } = body as Record<string, unknown>
      return [status, job, await see(stack, route, { headers, method: 'DELETE' })]
    })
  })

  test('whose letter is escaped is paid for alike', async () => {
    await same(async (stack) => {
      const payer = await stack.wallet('payer', '1')
      const odd = path.replace('nano', '%6eano')
      const header = await pay(await challenge(stack, input, odd), payer)
      return see(stack, odd, post(input, { 'payment-signature': header }))
    })
  })
})
