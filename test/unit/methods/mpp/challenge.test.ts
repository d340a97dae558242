// `WWW-Authenticate` as servers, proxies and attackers may write it: read exactly, or not at all.
import fc from 'fast-check'
import { Challenge } from 'mppx'
import { describe, expect, it } from 'vitest'
import { parseSchemes, readChallenges } from '../../../../src/methods/mpp/challenge.ts'

const request = {
  amount: '170000',
  currency: '0x20c000000000000000000000b9537d11c60e8b50',
  methodDetails: { chainId: 4217 },
  recipient: '0x07F067959297767c887dbfA3C72379c66E82a045',
}
const encoded = Buffer.from(JSON.stringify(request)).toString('base64url')
const expires = '2026-11-22T12:05:00.000Z'
const charge = `Payment id="abc", realm="stablestudio.dev", method="tempo", intent="charge", request="${encoded}", expires="${expires}"`
const session = charge.replace('"charge"', '"session"').replace('"abc"', '"def"')

const ids = (header: string | null) => readChallenges(header)?.challenges.map(({ id }) => id)

describe('readChallenges', () => {
  it('reads a challenge with its request', () => {
    expect(readChallenges(charge)).toMatchObject({
      problems: [],
      challenges: [
        { id: 'abc', realm: 'stablestudio.dev', method: 'tempo', intent: 'charge', expires, request },
      ],
    })
  })

  it.each([
    ['alone', charge, ['abc']],
    ['several in one header', `${charge}, ${session}`, ['abc', 'def']],
    ['after another scheme', `Bearer realm="x", error="y", ${charge}`, ['abc']],
    ['before another scheme', `${charge}, Bearer realm="x"`, ['abc']],
    ['after one with a token', `Negotiate YII=, ${charge}`, ['abc']],
    ['after a bare one', `Negotiate, ${charge}`, ['abc']],
    ['between bare ones', `Basic,,${charge} ,\tNegotiate`, ['abc']],
    ['in other letter case', charge.replace('Payment id', 'pAYMENT ID'), ['abc']],
    ['with tabs and spaces', charge.replaceAll('", ', '"\t ,  ').replaceAll('="', ' = "'), ['abc']],
    ['with an unquoted value', charge.replace('"tempo"', 'tempo'), ['abc']],
    ['with an escaped value', charge.replace('"abc"', '"a\\b\\c"'), ['abc']],
    ['with a quoted quote', charge.replace('"abc"', '"a\\"c"'), ['a"c']],
    ['with a challenge inside a text', `Bearer error="no Payment id=\\"x\\", ok", ${charge}`, ['abc']],
    ['with an unknown parameter', `${charge}, new="thing"`, ['abc']],
  ])('reads it %s', (_where, header, expected) => {
    expect(ids(header)).toEqual(expected)
  })

  it.each([
    ['no header', null],
    ['an empty one', ''],
    ['other schemes', 'Bearer realm="Payment required", Basic realm="b"'],
    ['a scheme that only begins so', 'Payments id="abc"'],
    ['a parameter of that name', 'Bearer payment="x"'],
  ])('finds none in %s', (_what, header) => {
    expect(readChallenges(header)).toBeUndefined()
  })

  it.each([
    ['an open quote', charge.slice(0, -1)],
    ['a parameter twice', `${charge}, id="other"`],
    ['a parameter twice in other letter case', `${charge}, Realm="evil.example"`],
    ['no comma', charge.replace(', realm', ' realm')],
    ['a line break', charge.replace(', realm', ',\r\n realm')],
    ['a NUL', charge.replace('abc', 'a\0c')],
    ['an empty value', charge.replace('"abc"', '')],
    ['a value without a name', `Payment ="x", ${charge.slice(8)}`],
    ['junk behind it', `${charge} "`],
    ['no id', charge.replace('id="abc", ', '')],
    ['an empty id', charge.replace('"abc"', '""')],
    ['no end', charge.replace(`, expires="${expires}"`, '')],
    ['no realm', charge.replace('realm="stablestudio.dev", ', '')],
    ['a request that is no base64', charge.replace(encoded, '!!!')],
    ['a request that is no JSON', charge.replace(encoded, Buffer.from('{').toString('base64url'))],
    ['a request that is a list', charge.replace(encoded, Buffer.from('[]').toString('base64url'))],
    ['a padded request', charge.replace(encoded, `${encoded}=`)],
    [
      'a request with another order of fields',
      charge.replace(encoded, Buffer.from('{"currency":"0x","amount":"1"}').toString('base64url')),
    ],
    [
      'a request that names a field twice',
      charge.replace(encoded, Buffer.from('{"amount":"1","amount":"2"}').toString('base64url')),
    ],
    ['nothing but its name', 'Payment'],
    ['a megabyte', `${charge}, description="${'x'.repeat(2 ** 20)}"`],
  ])('refuses %s', (_what, header) => {
    const read = readChallenges(header)
    expect(read?.challenges).toEqual([])
    expect(read?.problems).toHaveLength(1)
  })

  it('keeps the good one beside a bad one', () => {
    const read = readChallenges(`${charge.replace('id="abc", ', '')}, ${session}`)
    expect(read?.challenges.map(({ id }) => id)).toEqual(['def'])
    expect(read?.problems).toEqual(['has no id'])
  })

  it('reads what mppx writes, whatever stands in it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abc"\\, =é') })
    fc.assert(
      fc.property(text, text, fc.constantFrom('charge', 'session'), (id, description, intent) => {
        fc.pre(id.length > 0 && !id.includes('é'))
        const written = Challenge.serialize({
          ...{ id, realm: 'stablestudio.dev', method: 'tempo', intent, request, expires },
          ...(description && { description }),
        } as never)
        const read = readChallenges(`Basic realm="a", ${written}, ${session}`)
        expect(read?.problems).toEqual([])
        expect(read?.challenges[0]).toMatchObject({ id, intent, request })
        expect(read?.challenges[1]?.id).toBe('def')
      }),
      { numRuns: 300 },
    )
  })

  it('never throws, and never reads for ever', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'Payment id="a",\\ \t=', encoded) })
    fc.assert(
      fc.property(soup, (header) => void readChallenges(header)),
      { numRuns: 2000 },
    )
    for (const part of ['"', '\\', ',', ' ', '=', 'a', 'a=', 'a="', 'Payment ', 'a="b",']) {
      const began = performance.now()
      readChallenges(`Payment ${part.repeat(60_000 / part.length)}`)
      expect(performance.now() - began).toBeLessThan(5_000)
    }
  })
})

describe('parseSchemes', () => {
  it('takes every scheme apart', () => {
    expect(parseSchemes('Digest realm="a", qop=auth, Negotiate YII=, Bearer')).toEqual([
      {
        name: 'digest',
        parameters: new Map([
          ['realm', 'a'],
          ['qop', 'auth'],
        ]),
      },
      { name: 'negotiate', parameters: new Map() },
      { name: 'bearer', parameters: new Map() },
    ])
  })
})
