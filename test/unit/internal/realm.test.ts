// Values of another realm, as a frame, Jest or Electron hands them over.
import { createContext, runInContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import {
  copyBytes,
  isAbortSignal,
  isBlob,
  isBytesLike,
  isError,
  isMemory,
  isResponse,
  type MemoryBytes,
} from '../../../src/internal/realm.ts'

const realm = createContext({})
const foreign = (code: string) => runInContext(code, realm)
/** As Jest's environments and polyfills have it: not of our class, and of no class that we know. */
const tagged = (tag: string, members: object = {}) => ({ ...members, [Symbol.toStringTag]: tag })

class OtherSignal extends EventTarget {
  aborted = false
}
const cruel = new Proxy(
  {},
  {
    get() {
      throw new Error('cruel')
    },
  },
)

describe('memory', () => {
  it.each([
    ['a Uint8Array', () => foreign('new Uint8Array([1, 2, 3])')],
    ['an ArrayBuffer', () => foreign('new Uint8Array([1, 2, 3]).buffer')],
    ['a DataView on a part', () => foreign('new DataView(new Uint8Array([0, 1, 2, 3, 4]).buffer, 1, 3)')],
    ['a view on shared memory', () => sharedView()],
    ['a Buffer with an offset', () => Buffer.from([9, 1, 2, 3, 9]).subarray(1, 4)],
    ['a small Buffer in the pool', () => Buffer.from('\x01\x02\x03', 'latin1')],
    ['wider elements', () => new Uint16Array(new Uint8Array([1, 2, 3, 0]).buffer, 0, 1)],
  ])('is known in %s, and copied exactly', (name, make) => {
    const given: MemoryBytes = make()
    expect(isMemory(given) && isBytesLike(given)).toBe(true)
    const copy = copyBytes(given)
    expect([...copy]).toEqual(name === 'wider elements' ? [1, 2] : [1, 2, 3])
    expect(copy).toBeInstanceOf(Uint8Array)
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer)
    expect(copy.buffer.byteLength).toBe(copy.length)
    new Uint8Array(ArrayBuffer.isView(given) ? given.buffer : given).fill(7)
    expect([...copy]).not.toContain(7)
  })

  it('that was transferred away has no bytes', () => {
    const given = new Uint8Array([1])
    structuredClone(given.buffer, { transfer: [given.buffer] })
    expect(copyBytes(given)).toHaveLength(0)
    expect(copyBytes(given.buffer)).toHaveLength(0)
  })

  it.each([[[1, 2, 3]], [{ length: 3 }], ['text'], [3], [null], [undefined], [cruel], [tagged('Buffer')]])(
    'is not %#',
    (value) => expect(isBytesLike(value)).toBe(false),
  )
})

describe('a class of another realm', () => {
  it.each([
    ['Blob', isBlob],
    ['File', isBlob],
    ['Response', isResponse],
    ['DOMException', isError],
  ] as const)('%s is known by its tag', (tag, is) => {
    expect(is(tagged(tag))).toBe(true)
    expect(is({})).toBe(false)
    expect(is(cruel)).toBe(false)
  })

  it('is known by its class, where a polyfill has no tag, and may be missing', () => {
    class Blob {}
    vi.stubGlobal('Blob', Blob)
    expect(isBlob(new Blob())).toBe(true)
    vi.stubGlobal('Blob', undefined)
    vi.stubGlobal('Response', undefined)
    expect([isBlob({}), isResponse({}), isBytesLike('x')]).toEqual([false, false, false])
  })

  it('tells errors, own and foreign ones', () => {
    expect([foreign('new TypeError("x")'), new Error('x'), new DOMException('x')].every(isError)).toBe(true)
    expect(['x', undefined, { message: 'x' }].some(isError)).toBe(false)
  })
})

describe('a signal', () => {
  it.each([
    ['our own', () => new AbortController().signal],
    ['that of a polyfill', () => new OtherSignal()],
  ])('is known: %s', (_name, make) => expect(isAbortSignal(make())).toBe(true))

  it.each([[{}], [{ aborted: false }], [new EventTarget()], [new AbortController()], ['x'], [null], [cruel]])(
    'is not %#',
    (value) => expect(isAbortSignal(value)).toBe(false),
  )
})

function sharedView(): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(5), 1, 3)
  shared.set([1, 2, 3])
  return shared
}
