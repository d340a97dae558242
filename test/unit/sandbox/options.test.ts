// Options are checked at once, with every problem in one error.
import { expect, test } from 'vitest'
import { createSandbox, type Fault, type SandboxOptions } from '../../../src/entries/sandbox.ts'
import { offerOf } from './kit.ts'

test('all wrong options are named together', () => {
  const wrong = {
    clock: { now: () => 0 },
    speed: 0,
    network: 'eip155:1',
    payTo: '0x12',
    price: '1',
    settleMs: -1,
    seed: 1.5,
    sped: 3,
  }
  const create = () => createSandbox(wrong as unknown as SandboxOptions)
  expect(create).toThrow(expect.objectContaining({ name: 'InvalidInputError', code: 'invalid_config' }))
  try {
    create()
  } catch (error) {
    const { issues } = error as { issues: Array<{ path: string }> }
    expect(issues.map(({ path }) => path)).toEqual(Object.keys(wrong))
  }
})

test.each([
  { speed: Number.NaN },
  { speed: Number.POSITIVE_INFINITY },
  { network: 'constructor' },
  { payTo: '0x07F067959297767c887dbfA3C72379c66E82a04A' },
  { clock: null },
  { settleMs: '5' },
])('%o is refused', (options) => {
  expect(() => createSandbox(options as unknown as SandboxOptions)).toThrow(/sandbox/)
})

test.each([null, 3, []])('options that are %o are refused', (options) => {
  expect(() => createSandbox(options as unknown as SandboxOptions)).toThrow(/object/)
})

test('undefined options take their defaults', async () => {
  const sandbox = createSandbox({ network: undefined, payTo: undefined, seed: undefined })
  const offer = await offerOf(sandbox)
  expect(offer).toMatchObject({ network: 'eip155:8453', payTo: '0x07F067959297767c887dbfA3C72379c66E82a045' })
})

test('a misspelt option, step or kind is told what was meant, an unknown one what there is', () => {
  const create = (options: object) => () => createSandbox(options as SandboxOptions)
  expect(create({ sped: 1 })).toThrow('sped: unknown option. Did you mean speed?')
  expect(create({ colour: 1 })).toThrow(/colour: unknown option; known: .*speed/)
  const { faults } = createSandbox()
  const add = (fault: object) => () => faults.add(fault as Fault)
  expect(add({ step: 'pol', kind: 'status' })).toThrow('step: unknown step. Did you mean poll?')
  expect(add({ step: 'poll', kind: 'job-fail' })).toThrow('kind: unknown kind. Did you mean job-failed?')
  expect(add({ step: 'poll', kind: 'status', time: 2 })).toThrow('time: unknown option. Did you mean times?')
  expect(add({ step: 'somewhere', kind: 'status' })).toThrow('step: unknown step; known: quote, pay, poll')
  expect(add({ step: 'quote', kind: 'job-failed' })).toThrow('step: unknown step; known: poll')
  expect(add({ step: 'poll' })).toThrow('kind: unknown kind; known: refused, ')
})
