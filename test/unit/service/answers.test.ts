// What an answer is worth before anyone reads what it says.
import { describe, expect, it } from 'vitest'
import { isJobId, isWordOfService, refusedInput } from '../../../src/service/requests.ts'
import { answer } from './kit.ts'

describe('the word of the service', () => {
  it.each([{}, { error: 'no' }, { success: true }])('is JSON: %j', (body) => {
    expect(isWordOfService(answer(400, body))).toBe(true)
  })

  it.each(['<html>{"error":"no"}</html>', '', 'null', '[]', '"no"', '{"error":', '7'])(
    'is no page and no other text: %j',
    (body) => {
      expect(isWordOfService(answer(400, body))).toBe(false)
    },
  )

  it('refuses an input by 400 and 422 alone: no other status says that nothing was charged', () => {
    expect(refusedInput).toEqual([400, 422])
  })
})

describe('a job id', () => {
  it.each(['cjob0000000000000000000001', 'a', 'A-b_9', 'x'.repeat(128)])('may be %s', (id) => {
    expect(isJobId(id)).toBe(true)
  })

  it.each(['', 'x'.repeat(129), '../admin', 'a/b', 'a%2fb', 'a?b', 'a b', 'a\n', 'ä', 7, null, ['a'], {}])(
    'may not be %j: it stands in a path and in a key',
    (id) => {
      expect(isJobId(id)).toBe(false)
    },
  )
})
