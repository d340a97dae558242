// Nano Banana: pictures from text, and edits of pictures.
import { choice, mediaUrls, text } from '../fields.ts'
import { byTier, type InputTiming, imageJob, type Operation, strictObject, timed, usd } from '../operation.ts'

const proFields = {
  /** What to make or change. */
  prompt: text(),
  /** Width to height. @default '1:1' */
  aspectRatio: choice(['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'], '1:1'),
  /** Resolution tier; drives the price. @default '1K' */
  imageSize: choice(['1K', '2K', '4K'], '1K'),
}

const fields = {
  ...proFields,
  /** Width to height. @default '1:1' */
  aspectRatio: choice(
    ['1:1', '1:4', '1:8', '2:3', '3:2', '3:4', '4:1', '4:3', '4:5', '5:4', '8:1', '9:16', '16:9', '21:9'],
    '1:1',
  ),
  /** Resolution tier (`512` is pixels); drives the price. @default '1K' */
  imageSize: choice(['512', '1K', '2K', '4K'], '1K'),
  /** `minimal` is fast, `high` is better. @default 'minimal' */
  thinkingLevel: choice(['minimal', 'high'], 'minimal'),
}

const source = {
  /** Https URLs of 1 to 14 pictures to change, or to use as references: jpeg, png, gif or webp, up to 10 MB each. */
  images: mediaUrls(14),
}

// Quoted: $0.07 for 1K with minimal thinking, which 512 does not exceed. What more thinking costs is not known.
const price = byTier(
  usd('0.045', '0.151'),
  { '512 minimal': usd('0.045', '0.07'), '1K minimal': usd('0.07'), '2K minimal': usd('0.07', '0.151') },
  ({ imageSize = '1K', thinkingLevel = 'minimal' }) => `${imageSize} ${thinkingLevel}`,
)

// Quoted: $0.13 for 1K ($0.134 in the service's documents), $0.16 for 2K. The list's maximum is 4K.
const proPrice = byTier(
  usd('0.13', '0.24'),
  { '1K': usd('0.13', '0.134'), '2K': usd('0.13', '0.16'), '4K': usd('0.24') },
  ({ imageSize = '1K' }) => imageSize,
)

/** Like the other one, whose 4K pictures were seen to take ten times as long as small ones. */
const nanoTiming: InputTiming = ({ imageSize }) => {
  if (imageSize === '4K') return { typicalSeconds: 40, deadlineSeconds: 600 }
  return { typicalSeconds: imageSize === '2K' ? 10 : 5, deadlineSeconds: 300 }
}

/** Listed as 10 s; seen: 20 to 25 s for 1K, 147 and 282 s for 4K. */
const proTiming: InputTiming = ({ imageSize }) => {
  if (imageSize === '4K') return { typicalSeconds: 200, deadlineSeconds: 600 }
  return { typicalSeconds: imageSize === '2K' ? 45 : 22, deadlineSeconds: 300 }
}

const job = { ...imageJob, deadlineSeconds: 600 } as const
const nano = { ...timed(job, nanoTiming), price } as const
const pro = { ...timed(job, proTiming), price: proPrice } as const

export const nanoBananaOperations = {
  /** Pictures from text, quick, from 512 pixels to 4K. */
  'nano-banana/generate': { ...nano, input: strictObject(fields) },
  /** Changes 1 to 14 pictures, or uses them as references, quick. */
  'nano-banana/edit': { ...nano, input: strictObject({ ...fields, ...source }) },
  /** Pictures from text, up to 4K. */
  'nano-banana-pro/generate': { ...pro, input: strictObject(proFields) },
  /** Changes 1 to 14 pictures, or uses them as references, up to 4K. */
  'nano-banana-pro/edit': { ...pro, input: strictObject({ ...proFields, ...source }) },
} as const satisfies Record<string, Operation<'image'>>
