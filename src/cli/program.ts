// The command line: its commands, flags and help. What a command does is loaded when it runs.
import { Command } from 'commander'
import {
  jobsCommand,
  limitsCommand,
  modelsCommand,
  paymentsCommand,
  recoverCommand,
  waitCommand,
} from './define/looking.ts'
import { batchCommand, generating, priceCommand } from './define/paying.ts'
import {
  balanceCommand,
  completionCommand,
  demoCommand,
  fundCommand,
  mcpCommand,
  walletCommand,
} from './define/wallet.ts'
import type { Done } from './flags.ts'
import { version } from './version.ts'

const intro = `Images, videos and SVGs from a prompt, paid per call in USDC from your own wallet.

  stablestudio demo                                    a picture on the sandbox: no wallet, no money
  stablestudio wallet new me && stablestudio fund --qr
  stablestudio image "a lighthouse at dusk" -o lighthouse.png
  stablestudio video "the lamp turns" -i lighthouse.png --seconds 4
`

/** @param completing whether completion adds its own commands. */
export function createProgram(done: Done, completing = false): Command {
  const program = new Command('stablestudio')
    .version(version, '-V, --version')
    .exitOverride()
    .addHelpText('before', intro)
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 2 usage, 3 not paid, 4 try again, 5 paid and not finished, 6 payment unknown, 7 job failed, 8 not saved.',
    )
    .showSuggestionAfterError()
    .allowExcessArguments(false)
  for (const make of generating) program.addCommand(make('pay', done))
  program.addCommand(priceCommand(done))
  program.addCommand(batchCommand(done))
  for (const make of [
    modelsCommand,
    waitCommand,
    jobsCommand,
    paymentsCommand,
    recoverCommand,
    limitsCommand,
  ])
    program.addCommand(make(done))
  for (const make of [walletCommand, balanceCommand, fundCommand, demoCommand, mcpCommand])
    program.addCommand(make(done))
  if (!completing) program.addCommand(completionCommand())
  inherit(program)
  return program
}

function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    child.allowExcessArguments(false)
    inherit(child)
  }
}
