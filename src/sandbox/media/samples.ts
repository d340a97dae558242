// Small but valid files in formats that the sandbox cannot encode: 128x128 JPEG and WebP (ffmpeg).
import { fromBase64 } from '../../internal/base64.ts'

const jpeg = [
  '/9j/2wBDAAgYGBwYHCEhISEhISckJygoKCcnJycoKCgrKyszMzMrKysoKCsrMDAzMzc5NzQ0MzQ5OTw8PEhIRUVUVFdnZ3z/',
  'xABzAAABBQEBAAAAAAAAAAAAAAAFBgQCAQMABwEAAwEBAQAAAAAAAAAAAAAAAAECAwUEEAACAgECBAcAAwEAAAAAAAAAARIR',
  'AjEDkUFRE6FxgSFhUgRiFNFCEQEBAAIDAQEAAAAAAAAAAAAAERIBAhNhUUH/wAARCACAAIADASIAAhEAAxEA/9oADAMBAAIR',
  'AxEAPwBLxJRCUScSnEoXEuIViSiAoTE6IXiVEBQiJUQvEjEBQiJGIXiQiAoVEjELRIxA6FRKiFIlRAULidEJxOiAHomkQrE1',
  'iY04ExJwDMDWBFVAOB0A/AqAqcJ6BnEUMDGJVKAESEQ7EyiVUwEiRiGYkIlVMB4kYhiJGIUoERKiF4lRHQU0TaI7o1o8FdGG',
  'sTaI8SN4mdb64h8SohWiqJrTEHiYvEMtDdousd8QeJlELUZUaVjAmJCIWohRVZwJiVELURiOlAqJUQrEqI6UGqNkjajSjwuv',
  'EUjUs0WoNThYdTHLGgkY5aHr3x1GVCqMWh0RPG0D6MqCNGdFVlA+iND+iNFVnDGiqH1FUOpxMaOofUVQUsWS/RtPnXmggs8c',
  'tMk/U87tdVxMpY9Ub4aZ9m3qRI82WWS0yfozTubn3y4snFfZ49Jtozb6s82byerfFmdFY+l2ePSvY481o2WWeOmWS9ScT7PH',
  'oRQil+jdXO/NIdL9ef1xfEjHbTs16VR1Ca/tv6Liar9a54PiTjtefH6P0dQLX6tt62vNf4Esc8MtMk/Uibaa3rf6ujqN6OJW',
  '8RouhzRdHVcQ2VrT2Hi3mtUmZUZ0APe9/HxId59ENKLoCP1vdcTTvY9GC6KoAf8Ae/iWt5c0DXS1dDJ7uHywBXprLRmlCMW7',
  'j1oKLdy5ZX4iA9RCgYt7Lmkx4t3F6+wgILczx0yyXqOP7G79vBf4NPZ8zF5Y46tCVd/dmFF0edPcxXPgYd5dGaw3pVGdCHxy',
  'vRjzuZr/AKYoCsoZ5bmGPPh7iceWWWrbM6HALPf6Y8Ro93N/HkNqJUMmfu9S6NqJ0MzWitB1RGgCluZrnfmPVurmqGNEKERQ',
  'L30JUJ1N46MfrffNCIiaLNSzRTDQcrczXyZkQAgt7quASxzxy0aE2RoQKl54rVobd7D54CfosAUq3tvr4Mrv7fy/QTdHUBlO',
  't7bfOvMfCKotNrRtACyobt49VxEq23q2yFARQ5bmC535AfLN5fC6GFExh//Z',
].join('')

const webp = [
  'UklGRkQCAABXRUJQVlA4IDgCAADQFgCdASqAAIAAPu1mqU4/v7EyMHPr2/AdiWUG+Oh94Kn/ZzVH/K6P0tQ2f9ly6tBJ3ICO',
  'LIq/OaVUILLLCVw7tdlut1XVvsL3E/uVmfXqOjux8PGfnqGMc2csRgcyos1pmttUr8k85pFfyFi7+wsqcrdsuYX2+JuQ1KKN',
  'eQBoIlpJkWOfpO6pPXJ48TZzT6izlIKu7c7tUsUKhWxDNf1pUSpNtLg9hOxS0EQFjaKADM7cBD8NvCEFbKfJ9RzUAAD+37j6',
  'Owq9hsCkwNYiHFOmCswOy6tdKPmGAh7fcjT/zv35pT/8DQ9YRde8uTlD+s/TY4bOZ6drDiyWFGlz2yoti743XeaxH6Pai3hx',
  'l9u6R/obGVHKaYMIWxNG1lErIZm67mQzpP2I7uU6UzpIL/tYEnAF+8lmLmyQ5lMYB22Ro9sGxWuG2nJZPrKCdH0JJaa7QOCX',
  '2lEBa39jOipuu7BZr2zTIl/kAjr2eL50B8KjMuTwADd/AlgtJfIuvXX8IMz5Y8TzNCaH9uwJOk7V15n2iwsfK2LGlMMN5+eX',
  'sj0OKaFdVhXP9AAfn9lnV8Hi/zR5cGaVopClBJ4AQzZPIP48HPtTdpL9UX/PbxzMBZ2dr3CLG2GDrvvPOLSPStJwJtpmNkZP',
  '1Okk+pxmS7wejFy5ythBfi+GnZ3F07w1rJnNt1DwuMOcgbhL1GQagorBbb0nLTzDgfl4LQoAiQjXk+LtwCuezW4YBEDBzbua',
  '27NGtObV51MpmAAA',
].join('')

export function jpegSample(): Uint8Array<ArrayBuffer> {
  return decode(jpeg)
}

export function webpSample(): Uint8Array<ArrayBuffer> {
  return decode(webp)
}

/** Decodes a constant of this package. */
export function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(fromBase64(base64) ?? [])
}
