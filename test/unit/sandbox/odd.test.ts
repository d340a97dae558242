// What the real router takes or refuses although no client writes it so; test/interop compares all of these with it.
import { describe, expect, test } from 'vitest'
import { body, buy, generateUrl, get, offerOf, origin, pay, post, setup } from './kit.ts'

describe('numbers of an authorization', () => {
  test.each([
    ['a number', 170_000],
    ['hexadecimal', '0x29810'],
    ['with blanks', ' 170000 '],
    ['with zeros in front', '000170000'],
    ['a list of one', ['170000']],
  ])('may be %s', async (_what, value) => {
    const kit = setup()
    expect((await buy(kit, generateUrl, body, { sent: { value: value as string } })).status).toBe(200)
    expect(kit.sandbox.settlements()).toMatchObject([{ amount: '170000' }])
  })

  test.each([
    ['negative', '-170000', 402],
    ['empty', '', 402],
    ['true', true, 402],
    ['a word', 'all', 500],
    ['a fraction', 170_000.5, 500],
    ['missing', undefined, 500],
  ])('may not be %s', async (_what, value, status) => {
    const kit = setup()
    expect((await buy(kit, generateUrl, body, { sent: { value: value as string } })).status).toBe(status)
    expect(kit.sandbox.settlements()).toEqual([])
  })
})

test.each([[[]], ['exact'], [5], [true]])('accepted terms that are %j match nothing', async (accepted) => {
  const kit = setup()
  const response = await buy(kit, generateUrl, body, { top: { accepted } })
  expect([response.status, (await response.json()).reason]).toEqual([402, 'requirements_mismatch'])
})

test('a paid request without a body fails its schema', async () => {
  const kit = setup()
  const header = await pay(kit, await offerOf(kit.sandbox))
  const response = await kit.sandbox.fetch(...post(generateUrl, ' ', { 'payment-signature': header }))
  expect([response.status, (await response.json()).error]).toEqual([400, 'Validation failed'])
})

test.each([
  ['no URL', ['jobs'], 500],
  ['a URL', ['https://a.example/b'], 200],
  ['none', [], 200],
])('a proof with resources that are %s', async (_what, resources, status) => {
  expect((await get(setup(), '/api/jobs', { resources })).status).toBe(status)
})

describe('a path with an escaped letter', () => {
  test('is the route, for its faults too', async () => {
    const kit = setup()
    const url = `${origin}/api/generate/%67pt-image-1/generate`
    expect((await buy(kit, url)).status).toBe(200)
    expect(kit.sandbox.settlements()).toMatchObject([{ operation: 'gpt-image-1/generate' }])
    kit.sandbox.faults.add({ step: 'list', kind: 'status', status: 418 })
    expect((await get(kit, '/api/job%73')).status).toBe(418)
  })

  test.each(['/api/generate/gpt-image-1%2Fgenerate', '/api/generate/%zz/generate', '/api/%256aobs'])(
    'is none in %s',
    async (path) => {
      expect((await setup().sandbox.fetch(...post(`${origin}${path}`, body))).status).toBe(404)
    },
  )
})
