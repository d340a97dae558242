// The commands that pay, and their price alone.
import { Command } from 'commander'
import type { Mode } from '../commands/generate.ts'
import {
  commonFlags,
  type Done,
  duration,
  example,
  payingFlags,
  repeated,
  sandboxFlag,
  savingFlags,
  usd,
  walletFlags,
  wholeNumber,
} from '../flags.ts'

export const generating = [imageCommand, videoCommand, vectorizeCommand, runCommand]

function forMode(mode: Mode, command: Command): Command {
  walletFlags(sandboxFlag(commonFlags(command)))
  return mode === 'price' ? command : savingFlags(payingFlags(command))
}

function imageCommand(mode: Mode, done: Done): Command {
  const command = new Command('image')
    .description('make a picture, or edit one with -i')
    .argument('<prompt>')
    .option('-m, --model <id>', 'the model', 'gpt-image-1.5')
    .option('-n, --count <n>', 'how many', wholeNumber(1, 100), 1)
    .option('--size <WxH>', 'pixels, such as 1536x1024')
    .option('--ratio <W:H>', 'the shape, such as 3:2')
    .option('--quality <word>', 'low, medium or high, where the model has it')
    .option('--seed <n>', 'the same seed and prompt make the same picture', wholeNumber(0, 999_999_999))
    .option('-i, --image <file or URL>', 'a picture to edit; may be repeated', repeated)
  example(
    command,
    `  ${mode === 'price' ? 'stablestudio price' : 'stablestudio'} image "a lighthouse at dusk" --size 1536x1024 --quality low
  ${mode === 'price' ? 'stablestudio price' : 'stablestudio'} image "at night" -i lighthouse.png`,
  )
  return forMode(mode, command).action(async (prompt, flags) => {
    const { image } = await import('../commands/generate.ts')
    done(await image(mode, prompt, flags))
  })
}

function videoCommand(mode: Mode, done: Done): Command {
  const command = new Command('video')
    .description('make a video')
    .argument('<prompt>')
    .option('-m, --model <id>', 'the model', 'veo-3.1-fast')
    .option('--seconds <n>', 'how long', wholeNumber(1, 60))
    .option('--size <WxH>', 'pixels, such as 1280x720')
    .option('--ratio <W:H>', 'the shape, such as 16:9')
    .option('--seed <n>', 'where the model has it', wholeNumber(0, 999_999_999))
    .option('-i, --image <file or URL>', 'the first frame; repeated: references', repeated)
    .option('--last <file or URL>', 'the last frame')
  example(
    command,
    `  ${mode === 'price' ? 'stablestudio price' : 'stablestudio'} video "the lamp turns" -i lighthouse.png --seconds 4`,
  )
  return forMode(mode, command).action(async (prompt, flags) => {
    const { video } = await import('../commands/generate.ts')
    done(await video(mode, prompt, flags))
  })
}

function vectorizeCommand(mode: Mode, done: Done): Command {
  const command = new Command('vectorize')
    .description('make an SVG from a picture')
    .argument('<file or URL>')
    .option('-m, --model <id>', 'the model', 'arrow-1.1')
  example(command, `  ${mode === 'price' ? 'stablestudio price' : 'stablestudio'} vectorize logo.png`)
  return forMode(mode, command).action(async (file, flags) => {
    const { vectorize } = await import('../commands/generate.ts')
    done(await vectorize(mode, file, flags))
  })
}

function runCommand(mode: Mode, done: Done): Command {
  const command = new Command('run')
    .description("any operation, with the service's own fields")
    .argument('<operation>', 'such as seedance/i2v; `stablestudio models` lists them')
    .argument('[key=value...]', 'a field; repeated: a list; key=@file: the file, or its text')
    .option('--input <file>', 'a JSON object with the fields; - is stdin')
  example(
    command,
    `  ${mode === 'price' ? 'stablestudio price' : 'stablestudio'} run seedance/i2v prompt="the lamp turns" urls=@first.png urls=@last.png duration=8`,
  )
  return forMode(mode, command).action(async (operation, pairs, flags) => {
    const { run } = await import('../commands/generate.ts')
    done(await run(mode, operation, pairs, flags))
  })
}

export function priceCommand(done: Done): Command {
  const command = new Command('price').description(
    'the price of exactly this call; pays nothing, needs no wallet',
  )
  for (const make of generating) command.addCommand(make('price', done))
  return example(command, '  stablestudio price image "a lighthouse" -m nano-banana-pro')
}

export function batchCommand(done: Done): Command {
  const command = new Command('batch')
    .description('many generations from a file; started again, it goes on')
    .argument('<file>', 'JSON lines with operation and input, or a text file with a prompt on each line')
    .option('-m, --model <id>', 'the model for a text file')
    .option('--max-total <usd>', 'the most to pay for all; agrees to a sum up to it', usd)
    .option('-y, --yes', 'agree to the sum')
    .option('-o, --output <folder>', 'the folder for files and manifest.jsonl', 'out')
    .option('--timeout <time>', 'how long to wait for a job', duration)
  example(
    command,
    '  stablestudio batch prompts.jsonl -o out/ --max-total 5.00\n  stablestudio batch prompts.txt -m flux-2-pro --yes',
  )
  return sandboxFlag(walletFlags(commonFlags(command))).action(async (file, flags) => {
    const { batch } = await import('../batch/batch.ts')
    done(await batch(file, flags))
  })
}
