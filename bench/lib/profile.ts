// Summarises a CPU profile: time by package, by function itself, and by the library's function on whose behalf the
// packages and the runtime below worked. Usage: `node lib/profile.ts file.cpuprofile [lines]`
import { readFile } from 'node:fs/promises'

type Frame = { functionName: string; url: string; lineNumber: number }
type ProfileNode = { id: number; callFrame: Frame; children?: number[] }
type Profile = { nodes: ProfileNode[]; samples: number[]; timeDeltas: number[] }
type Place = { name: string; parent: number | undefined }

const { nodes, samples, timeDeltas }: Profile = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8'))
const places = new Map<number, Place>(
  nodes.map(({ id, callFrame }) => [id, { name: nameOf(callFrame), parent: undefined }]),
)
for (const { id, children } of nodes) {
  for (const child of children ?? []) {
    const place = places.get(child)
    if (place) place.parent = id
  }
}
const parts = new Map<string, number>()
const functions = new Map<string, number>()
const owners = new Map<string, number>()
let total = 0
for (const [at, id] of samples.entries()) {
  const name = places.get(id)?.name ?? ''
  const time = timeDeltas[at] ?? 0
  if (name.startsWith('(idle)')) continue
  total += time
  add(parts, partOf(name), time)
  add(functions, name, time)
  add(owners, ownerOf(id), time)
}
const lines = Number(process.argv[3] ?? 25)
print('by package or part of the runtime', parts, 12)
print("by the library's function that asked for it", owners, lines)
print('by function itself', functions, lines)

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const file = url.replace(/^file:\/\/.*\/node_modules\//, '').replace(/^file:\/\/.*\/bench\//, 'bench/')
  return `${functionName || '(anonymous)'} ${file}${url ? `:${lineNumber + 1}` : ''}`
}

function fileOf(name: string): string {
  return name.slice(name.lastIndexOf(' ') + 1)
}

function partOf(name: string): string {
  const file = fileOf(name)
  if (file.startsWith('node:')) return file.split(':').slice(0, 2).join(':')
  return file.startsWith('@') ? file.split('/').slice(0, 2).join('/') : file.split('/')[0] || name
}

function ownerOf(id: number): string {
  for (let at: number | undefined = id; at !== undefined; at = places.get(at)?.parent) {
    const name = places.get(at)?.name ?? ''
    if (fileOf(name).startsWith('stablestudio/')) return name
  }
  return `outside: ${partOf(places.get(id)?.name ?? '')}`
}

function add(sums: Map<string, number>, name: string, time: number): void {
  sums.set(name, (sums.get(name) ?? 0) + time)
}

function print(title: string, sums: Map<string, number>, most: number): void {
  process.stdout.write(`${title}\n`)
  for (const [name, time] of [...sums].toSorted(([, a], [, b]) => b - a).slice(0, most)) {
    process.stdout.write(`${((time / (total || 1)) * 100).toFixed(1).padStart(5)} %  ${name}\n`)
  }
  process.stdout.write('\n')
}
