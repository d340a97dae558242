// What the program showed.
import { element } from './element.ts'

const most = 24

export function createPictures() {
  const shown = new Map<Blob, HTMLElement>()
  const empty = element('p', { className: 'pg-empty' }, 'The picture appears here.')
  const place = element('div', { className: 'pg-pictures', attributes: { 'aria-live': 'polite' } }, empty)
  const remove = (blob: Blob, figure: HTMLElement) => {
    const media = figure.querySelector<HTMLImageElement | HTMLVideoElement>('img, video')
    if (media) URL.revokeObjectURL(media.src)
    figure.remove()
    shown.delete(blob)
  }
  return {
    place,
    draw(media: readonly Blob[]) {
      const last = media.slice(-most)
      for (const [blob, figure] of shown) if (!last.includes(blob)) remove(blob, figure)
      for (const blob of last) {
        if (shown.has(blob)) continue
        const figure = figureOf(blob, shown.size + 1)
        shown.set(blob, figure)
        place.append(figure)
      }
      empty.hidden = shown.size > 0
      place.classList.toggle('pg-many', shown.size > 1)
    },
  }
}

function figureOf(blob: Blob, at: number): HTMLElement {
  const src = URL.createObjectURL(blob)
  const label = `Picture ${at} of the program`
  const media = blob.type.startsWith('video/')
    ? element('video', { src, controls: true, muted: true, attributes: { 'aria-label': label } })
    : element('img', { src, alt: label })
  return element('figure', {}, media)
}
