// `npm run bench`: measures all subjects side by side in one run, and writes table, figures and plot.
// `npm run bench -- cpu memory` measures only those parts and prints them; growth is written also then, as it has a table
// of its own. `--check` fails where a budget is broken.
import { writeFile } from 'node:fs/promises'
import { measureBundles } from './cases/bundle.ts'
import { measureCold } from './cases/cold.ts'
import { measureCpu } from './cases/cpu.ts'
import { measureCrowd } from './cases/crowd.ts'
import { measureMemory } from './cases/memory.ts'
import { measureTrips } from './cases/trips.ts'
import { simulateWaiting } from './cases/waiting.ts'
import { overBudget } from './lib/budgets.ts'
import { putIntoDocument } from './lib/documents.ts'
import { publishGrowth } from './lib/growth-results.ts'
import { plotWaiting } from './lib/plot.ts'
import { type Part, parts, type Results, readVersions } from './lib/results.ts'
import { circumstances, comparison, headline, waitingTable } from './lib/table.ts'
import { installLibrary } from './prepare.ts'

const measures: { [part in Part]: () => Results[part] | Promise<Results[part]> } = {
  bundle: measureBundles,
  trips: measureTrips,
  waiting: simulateWaiting,
  cold: () => measureCold(9),
  cpu: () => measureCpu(5),
  memory: () => measureMemory(3),
  queue: async () => (await import('./cases/queue.ts')).measureQueue(),
}

process.chdir(import.meta.dirname)
const asked = process.argv.slice(2)
const isWhole = asked.every((one) => one.startsWith('--'))
await installLibrary()
// Loaded only now: it needs the library where it was just put.
await (await import('./lib/recording.ts')).record()
const found: Partial<Results> = {}
const broken: string[] = []
for (const part of parts.filter((one) => isWhole || asked.includes(one))) {
  Object.assign(found, { [part]: await timed<unknown>(part, measures[part]) })
}
if (isWhole) await publish(found as Results)
else if (Object.keys(found).length > 0) say(JSON.stringify(found, null, 2))
if (isWhole || asked.includes('growth')) broken.push(...(await timed('growth', growth)))
for (const line of broken) say(line)
if (broken.length > 0 && asked.includes('--check')) process.exitCode = 1

/** Resolves to what is not as it should be. */
async function growth(): Promise<string[]> {
  const { measureGrowth } = await import('./cases/growth.ts')
  return publishGrowth({ ledger: await measureGrowth(2), crowd: await measureCrowd(3) })
}

async function timed<result>(name: string, work: () => result | Promise<result>): Promise<result> {
  const start = performance.now()
  const done = await work()
  say(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`)
  return done
}

async function publish(measured: Results): Promise<void> {
  const results: Results = {
    ...measured,
    measuredAt: new Date().toISOString(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    versions: await readVersions(),
  }
  await writeFile('results/results.json', `${JSON.stringify(results, null, 2)}\n`)
  await writeFile('results/waiting.svg', plotWaiting(results.waiting))
  const shown = `${comparison(results)}\n\n${circumstances(results)}`
  const waiting = `Mean and 95th percentile of the lag and requests as ratios to two requests at each published interval; 20,000 jobs each, log-normal around the typical time.\n\n${waitingTable(results.waiting)}`
  await writeFile('results/table.md', `# Measured\n\n${shown}\n\n## Waiting, by family\n\n${waiting}\n`)
  await putIntoDocument('bench', shown)
  await putIntoDocument('headline', headline(results))
  say(`\n${shown}\n`)
  broken.push(...overBudget(results))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
