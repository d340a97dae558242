// The commands for wallets, and those that need none.
import { Argument, Command } from 'commander'
import {
  commonFlags,
  type Done,
  example,
  type Flags,
  repeated,
  sandboxFlag,
  savingFlags,
  usd,
  walletFlags,
} from '../flags.ts'

export function walletCommand(done: Done): Command {
  const command = new Command('wallet').description('the wallets of this machine')
  const load = () => import('../commands/wallet.ts')
  const named = (name: string, text: string) => commonFlags(new Command(name).description(text))
  const create = named('new', 'make one').argument('<name>')
  const take = named('import', 'take over a key or a wallet file')
    .argument('<name>')
    .argument('<file>', 'or - for stdin')
    .option('--solana', 'the key is one of Solana: base58, or the JSON array of solana-keygen')
  const list = named('list', 'all of them; asks for no password')
  const address = walletFlags(named('address', 'the address of the account that pays'))
  command.addCommand(create.action(async (name, flags) => done(await (await load()).create(name, flags))))
  command.addCommand(
    take.action(async (name, source, flags) => done(await (await load()).take(name, source, flags))),
  )
  command.addCommand(list.action(async (flags) => done(await (await load()).list(flags))))
  command.addCommand(address.action(async (flags) => done(await (await load()).address(flags))))
  return example(
    command,
    '  stablestudio wallet new me\n  stablestudio wallet import me key.txt\n  stablestudio wallet import sol id.json --solana',
  )
}

export function balanceCommand(done: Done): Command {
  const command = new Command('balance').description('the USDC that the account holds')
  return sandboxFlag(walletFlags(commonFlags(example(command, '  stablestudio balance')))).action(
    async (flags: Flags) => {
      const { balance } = await import('../commands/wallet.ts')
      done(await balance(flags))
    },
  )
}

export function fundCommand(done: Done): Command {
  const command = new Command('fund')
    .description('where to send USDC')
    .option('--qr', 'show the address as a QR code')
  return walletFlags(commonFlags(example(command, '  stablestudio fund --qr'))).action(async (flags) => {
    const { fund } = await import('../commands/wallet.ts')
    done(await fund(flags))
  })
}

export function demoCommand(done: Done): Command {
  const command = new Command('demo').description('a picture on the sandbox: no wallet, no money')
  return savingFlags(commonFlags(example(command, '  stablestudio demo'))).action(async (flags) => {
    const { demo } = await import('../commands/demo.ts')
    done(await demo(flags))
  })
}

export function completionCommand(): Command {
  const shells = new Argument('<shell>').choices(['bash', 'zsh', 'fish', 'powershell'])
  const command = new Command('completion').description('completions for your shell').addArgument(shells)
  return example(command, '  source <(stablestudio completion bash)')
}

export function mcpCommand(done: Done): Command {
  const command = new Command('mcp')
    .description('tools for agents over stdio: see docs/agents.md')
    .option('--per-call <usd>', 'the most that one call may cost (default: 1.00)', usd)
    .option('--per-day <usd>', 'the most to spend in a day (default: 5.00)', usd)
    .option('--total <usd>', 'the most to spend ever', usd)
    .option('--ask-above <usd>', 'from this price on, a person is asked', usd)
    .option('--output-dir <folder>', 'where files are saved (default: ~/Pictures/stablestudio)')
    .option('--input-dir <folder>', 'whose files may be used as inputs; may be repeated', repeated)
    .option('--allow-operation <id>', 'the only operations to use; may be repeated', repeated)
  example(command, '  claude mcp add stablestudio -- npx -y stablestudio mcp --per-day 5')
  return walletFlags(commonFlags(command)).action(async (flags) => {
    const { mcp } = await import('../commands/mcp.ts')
    done(await mcp(flags))
  })
}
