// A drawing for programs that edit a file, until the visitor has chosen one.

const size = 256

export async function drawFile(): Promise<File> {
  const canvas = new OffscreenCanvas(size, size)
  const pen = canvas.getContext('2d')
  if (pen) {
    pen.fillStyle = '#8fb8d6'
    pen.fillRect(0, 0, size, size)
    pen.fillStyle = '#f6e3b0'
    pen.fillRect(108, 60, 40, 150)
    pen.fillStyle = '#c9566c'
    for (const top of [80, 130, 180]) pen.fillRect(108, top, 40, 22)
    pen.fillStyle = '#10303f'
    pen.fillRect(0, 206, size, 50)
  }
  return new File([await canvas.convertToBlob()], 'lighthouse.png', { type: 'image/png' })
}
