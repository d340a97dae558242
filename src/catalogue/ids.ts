// The names of the known operations, without their schemas, so that listing them costs an application nothing.

const ids = [
  'gpt-image-1/generate',
  'gpt-image-1/edit',
  'gpt-image-1.5/generate',
  'gpt-image-1.5/edit',
  'gpt-image-2/generate',
  'gpt-image-2/edit',
  'gpt-image-2.5-flare/generate',
  'gpt-image-2.5-flare/edit',
  'gpt-image-2.5-sunburst/generate',
  'gpt-image-2.5-sunburst/edit',
  'nano-banana/generate',
  'nano-banana/edit',
  'nano-banana-pro/generate',
  'nano-banana-pro/edit',
  'flux-2-pro/generate',
  'flux-2-pro/edit',
  'flux-2-max/generate',
  'flux-2-max/edit',
  'grok/generate',
  'grok/edit',
  'grok-video/generate',
  'seedance/t2v',
  'seedance/i2v',
  'seedance-fast/t2v',
  'seedance-fast/i2v',
  'wan-2.6/t2v',
  'wan-2.6/i2v',
  'sora-2/generate',
  'sora-2-pro/generate',
  'veo-3.1/generate',
  'veo-3.1-fast/generate',
  'arrow-1.1/vectorize',
  'arrow-1.1-max/vectorize',
] as const

/** A known operation: `'{model}/{op}'` ⇒ `POST /api/generate/{model}/{op}`. */
export type OperationId = (typeof ids)[number]

/** All known operations. */
export function operationIds(): OperationId[] {
  return [...ids]
}
