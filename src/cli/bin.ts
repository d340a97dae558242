#!/usr/bin/env node
// The command `stablestudio`: checks the Node version in words that every Node can read, then loads the rest.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `stablestudio needs Node 22.13 or later, and this is ${process.version}. Nothing was done.\n`,
  )
  process.exitCode = 1
} else {
  // Node says of its SQLite that it is experimental, at each start. Other warnings still show.
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name !== 'ExperimentalWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`)
  })
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}
