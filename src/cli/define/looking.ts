// The commands that look at models, jobs, payments and limits.
import { Argument, Command, Option } from 'commander'
import {
  commonFlags,
  type Done,
  duration,
  example,
  moment,
  savingFlags,
  usd,
  walletFlags,
  wholeNumber,
} from '../flags.ts'

export function modelsCommand(done: Done): Command {
  const command = new Command('models')
    .description('operations, prices and times; with an operation its fields')
    .argument('[operation]')
    .addOption(new Option('--kind <kind>', 'one kind only').choices(['image', 'video', 'svg']))
  return commonFlags(
    example(command, '  stablestudio models --kind video\n  stablestudio models veo-3.1/generate'),
  ).action(async (operation, flags) => {
    const { models } = await import('../commands/models.ts')
    done(await models(operation, flags))
  })
}

export function waitCommand(done: Done): Command {
  const command = new Command('wait')
    .description('wait for a paid job and save its file; pays nothing')
    .argument('<job>', 'its id, a file with the job, or - for stdin')
  example(
    command,
    '  stablestudio image "a lighthouse" --no-wait --json --yes > job.json\n  stablestudio wait job.json -o lighthouse.png',
  )
  return savingFlags(walletFlags(commonFlags(command))).action(async (job, flags) => {
    const { wait } = await import('../commands/wait.ts')
    done(await wait(job, flags))
  })
}

export function jobsCommand(done: Done): Command {
  const command = new Command('jobs').description("the wallet's jobs at the service")
  const of = (child: Command) => walletFlags(commonFlags(child))
  const load = () => import('../commands/jobs.ts')
  const list = new Command('list')
    .description('newest first')
    .option('--limit <n>', 'how many', wholeNumber(1, 10_000), 20)
    .addOption(
      new Option('--status <status>', 'of one status only').choices([
        'pending',
        'loading',
        'complete',
        'failed',
      ]),
    )
  const get = new Command('get').description('one job').argument('<id>')
  const remove = new Command('delete').description('take a failed job off the list').argument('<id>')
  command.addCommand(
    of(list).action(async (flags) => done(await (await load()).list(flags))),
    { isDefault: true },
  )
  command.addCommand(of(get).action(async (id, flags) => done(await (await load()).get(id, flags))))
  command.addCommand(of(remove).action(async (id, flags) => done(await (await load()).remove(id, flags))))
  return example(command, '  stablestudio jobs\n  stablestudio jobs get ID')
}

export function paymentsCommand(done: Done): Command {
  const states = ['reserved', 'signed', 'sent', 'unknown', 'settled', 'rejected', 'released']
  const command = new Command('payments')
    .description('the ledger: every payment, oldest first')
    .option('--since <time>', 'from then on, such as 7d or 2026-11-01', moment)
    .option('--until <time>', 'until then', moment)
    .addOption(new Option('--state <state>', 'of one state only').choices(states))
    .option('--limit <n>', 'how many', wholeNumber(1, 999_999_999))
    .addOption(new Option('--csv', 'as CSV').conflicts('json'))
  return walletFlags(
    commonFlags(example(command, '  stablestudio payments --since 7d --csv > payments.csv')),
  ).action(async (flags) => {
    const { payments } = await import('../commands/payments.ts')
    done(await payments(flags))
  })
}

export function recoverCommand(done: Done): Command {
  const command = new Command('recover')
    .description('find out what became of open payments; signs no new one')
    .option('--timeout <time>', 'how long to look', duration)
  return walletFlags(commonFlags(example(command, '  stablestudio recover'))).action(async (flags) => {
    const { recover } = await import('../commands/payments.ts')
    done(await recover(flags))
  })
}

export function limitsCommand(done: Done): Command {
  const command = new Command('limits').description('what may be spent, and what is left of it')
  const load = () => import('../commands/limits.ts')
  const show = walletFlags(commonFlags(new Command('show').description('the limits')))
  const names = ['per-call', 'per-day', 'total', 'ask-above']
  const set = commonFlags(new Command('set').description('change one; it holds for the MCP server, too'))
    .addArgument(new Argument('<limit>').choices(names))
    .argument('<usd>', 'such as 5.00', usd)
  command.addCommand(
    show.action(async (flags) => done(await (await load()).show(flags))),
    { isDefault: true },
  )
  command.addCommand(
    set.action(async (name, amount, flags) => done(await (await load()).set(name, amount, flags))),
  )
  return example(command, '  stablestudio limits\n  stablestudio limits set per-day 10')
}
