// `npm run bench`: measures all subjects side by side in one run, and writes table, figures and plot.
// `npm run bench -- cpu memory` measures only those parts and prints them; `--check` fails where a budget is broken.
import { readFile, writeFile } from 'node:fs/promises'
import { measureBundles } from './cases/bundle.ts'
import { measureCold } from './cases/cold.ts'
import { measureCpu } from './cases/cpu.ts'
import { measureMemory } from './cases/memory.ts'
import { measureTrips } from './cases/trips.ts'
import { simulateWaiting } from './cases/waiting.ts'
import { overBudget } from './lib/budgets.ts'
import { plotWaiting } from './lib/plot.ts'
import { type Part, parts, type Results, readVersions } from './lib/results.ts'
import { circumstances, comparison, waitingTable } from './lib/table.ts'
import { installLibrary } from './prepare.ts'

const measures: { [part in Part]: () => Results[part] | Promise<Results[part]> } = {
  bundle: measureBundles,
  trips: measureTrips,
  waiting: simulateWaiting,
  cold: () => measureCold(9),
  cpu: () => measureCpu(5),
  memory: () => measureMemory(3),
}

process.chdir(import.meta.dirname)
const asked = process.argv.slice(2)
const chosen = parts.filter((part) => asked.includes(part))
await installLibrary()
// Loaded only now: it needs the library where it was just put.
await (await import('./lib/recording.ts')).record()
const found: Partial<Results> = {}
for (const part of chosen.length > 0 ? chosen : parts) {
  const start = performance.now()
  Object.assign(found, { [part]: await measures[part]() })
  say(`${part}: ${((performance.now() - start) / 1000).toFixed(0)} s`)
}
if (chosen.length > 0) say(JSON.stringify(found, null, 2))
else await publish(found as Results)

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
  await putIntoReadme(shown)
  say(`\n${shown}\n`)
  const broken = overBudget(results)
  for (const line of broken) say(line)
  if (broken.length > 0 && asked.includes('--check')) process.exitCode = 1
}

/** Replaces what stands between the markers. */
async function putIntoReadme(text: string): Promise<void> {
  const [begin, end] = ['<!-- bench -->', '<!-- /bench -->']
  const readme = await readFile('../README.md', 'utf8')
  const [before, rest] = readme.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`README.md has no ${begin} … ${end}.`)
  await writeFile('../README.md', `${before}${begin}\n${text}\n${end}${after}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
