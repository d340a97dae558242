// The picture for a prompt: a low sun over layered hills, with colours and shapes derived from the text.
import { createRandom, hashText, type Random } from '../state/ids.ts'
import { encodePng } from './png.ts'

type Colour = readonly [red: number, green: number, blue: number]

/** The colours of a picture: the sky from top to horizon, the sun, the farthest and the nearest hill. */
type Mood = { sky: readonly Colour[]; sun: Colour; far: Colour; near: Colour }

const moods: readonly Mood[] = [
  mood('1b2a5b 5b4b8a c76b8f f7a072 ffd9a0', 'fff1cf', '8d5a86', '1c1736'),
  mood('0f3057 2a6f97 7fb7be f6d8ae fbeccb', 'fffbe8', '6c99a6', '10303f'),
  mood('2d1e4f 713a6b c9566c f58a5f ffc97b', 'ffe9b8', '92486c', '21122f'),
  mood('0b1d3a 1d3b66 3f6f9f 8fb8d6 dcecf2', 'ffffff', '5b86ad', '0c1d33'),
  mood('24524a 4f8f7b a3c9a0 f1e3b0 fdf3d6', 'fffdf0', '7aa98c', '16362f'),
  mood('3b2f6b 7464b0 b79ad6 f3c6d9 fde8e4', 'fff8f0', '9a86c4', '241d47'),
]

const layers = 4
/** Palette: the sky, then the hills layer by layer, then the sun. */
const skyShades = 150
const hillShades = 24
const sunShades = 8

type Scene = {
  mood: Mood
  sun: { x: number; y: number; radius: number }
  /** The height of a layer's ridge at x, both as fractions of the picture. */
  ridge(layer: number, x: number): number
}

/** A PNG of exactly this size. */
export function paintPng(
  prompt: string,
  size: { width: number; height: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const scene = compose(prompt)
  return encodePng({
    ...size,
    pixels: render(scene, size.width, size.height),
    palette: paletteOf(scene.mood),
  })
}

/** The same scene as a small SVG. */
export function paintSvg(prompt: string): string {
  const { mood: colours, sun, ridge } = compose(prompt)
  const stops = colours.sky.map((colour, at) => `<stop offset="${at * 20}%" stop-color="${hex(colour)}"/>`)
  const hills = Array.from({ length: layers }, (_, layer) => {
    const line = Array.from(
      { length: 33 },
      (_, at) => `${at * 32} ${Math.round(ridge(layer, at / 32) * 1024)}`,
    )
    const fill = hex(mix(colours.far, colours.near, layer / (layers - 1)))
    return `<path fill="${fill}" d="M${line.join('L')}V1024H0Z"/>`
  })
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1024 1024" width="1024" height="1024">',
    `<defs><linearGradient id="sky" x2="0" y2="1">${stops.join('')}</linearGradient></defs>`,
    '<rect width="1024" height="1024" fill="url(#sky)"/>',
    `<circle cx="${round(sun.x)}" cy="${round(sun.y)}" r="${round(sun.radius)}" fill="${hex(colours.sun)}"/>`,
    ...hills,
    '</svg>\n',
  ].join('\n')
}

function compose(prompt: string): Scene {
  const random = createRandom(hashText(prompt))
  const colours = moods[Math.floor(random() * moods.length)] ?? mood('000', '000', '000', '000')
  const sun = { x: 0.25 + 0.5 * random(), y: 0.36 + 0.14 * random(), radius: 0.06 + 0.04 * random() }
  const waves = Array.from({ length: layers }, (_, layer) => wavesOf(random, layer))
  return {
    mood: colours,
    sun,
    ridge: (layer, x) => {
      const base = 0.56 + 0.115 * layer
      const offset = waves[layer]?.reduce(
        (sum, { size, speed, phase }) => sum + size * Math.sin(x * speed + phase),
        0,
      )
      return base + (offset ?? 0)
    },
  }
}

/** Far hills are high and slow, near ones low and rolling. */
function wavesOf(random: Random, layer: number) {
  const sizes = [0.045 - 0.006 * layer, 0.02, 0.007]
  const speeds = [3 + layer, 7 + 2 * layer, 19 + 4 * layer]
  return sizes.map((size, at) => ({
    size: size * (0.7 + 0.6 * random()),
    speed: (speeds[at] ?? 1) * (0.8 + 0.4 * random()),
    phase: random() * 2 * Math.PI,
  }))
}

/** Row by row, which suits the compressor and memory. */
function render({ sun, ridge }: Scene, width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height)
  const unit = Math.min(width, height)
  const ridges = new Float32Array(layers * width)
  ridges.forEach((_, at) => {
    ridges[at] = ridge(Math.floor(at / width), (at % width) / width) * height
  })
  const centre = { x: sun.x * width, y: sun.y * height, radius: sun.radius * unit }
  const sky = skyPainter(centre, height, unit)
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let at = (layers - 1) * width + x
      while (at >= 0 && y < (ridges[at] ?? 0)) at -= width
      const below = y - (ridges[at] ?? 0)
      pixels[y * width + x] = at < 0 ? sky(x, y) : hillShade(Math.floor(at / width), below, height)
    }
  }
  return pixels
}

/** Lighter towards the horizon and the sun, which has shades of its own. */
function skyPainter(sun: { x: number; y: number; radius: number }, height: number, unit: number) {
  const reach = 0.16 * unit
  return (x: number, y: number): number => {
    const distance = Math.sqrt((x - sun.x) ** 2 + (y - sun.y) ** 2) - sun.radius
    if (distance < 0)
      return skyShades + layers * hillShades + Math.min(sunShades - 1, Math.floor(-1.5 * distance))
    const glow = 0.5 / (1 + (distance / reach) ** 2)
    const depth = y / (0.72 * height)
    return Math.min(skyShades - 1, Math.floor((depth * (1 - glow) + glow) * skyShades))
  }
}

/** Mist gathers at the foot of every hill. */
function hillShade(layer: number, below: number, height: number): number {
  const shade = Math.min(hillShades - 1, Math.floor((below / (0.26 * height)) * hillShades))
  return skyShades + layer * hillShades + shade
}

function paletteOf({ sky, sun, far, near }: Mood): Uint8Array {
  const horizon = sky.at(-1) ?? sun
  const colours: Colour[] = []
  for (let at = 0; at < skyShades; at += 1) colours.push(ramp(sky, at / (skyShades - 1)))
  for (let layer = 0; layer < layers; layer += 1) {
    const hill = mix(far, near, layer / (layers - 1))
    const foot = mix(hill, horizon, 0.42 - 0.1 * layer)
    for (let at = 0; at < hillShades; at += 1) colours.push(mix(hill, foot, at / (hillShades - 1)))
  }
  for (let at = 0; at < sunShades; at += 1) colours.push(mix(horizon, sun, (at + 1) / sunShades))
  return Uint8Array.from(colours.flat())
}

function ramp(stops: readonly Colour[], at: number): Colour {
  const place = at * (stops.length - 1)
  const [from = [0, 0, 0], to = from] = stops.slice(Math.floor(place))
  return mix(from, to, place % 1)
}

function mix(a: Colour, b: Colour, share: number): Colour {
  return a.map((from, at) => Math.round(from + ((b[at] ?? 0) - from) * share)) as unknown as Colour
}

function mood(sky: string, sun: string, far: string, near: string): Mood {
  return { sky: sky.split(' ').map(colour), sun: colour(sun), far: colour(far), near: colour(near) }
}

function colour(text: string): Colour {
  const value = Number.parseInt(text, 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

function hex(value: Colour): string {
  return `#${value.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

function round(share: number): number {
  return Math.round(share * 1024)
}
