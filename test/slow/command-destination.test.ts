// Where a file will go is found out before anything is paid; what goes wrong afterwards names the command that saves it.
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonOf, linesOf, type Machine, readText, type Start, useCommand } from '../support/command.ts'

const machine = useCommand()
const image = ['image', 'a cat', '-m', 'grok', '--yes']
const isRoot = process.getuid?.() === 0

async function refused(one: Machine, args: string[], says: RegExp, how?: Start) {
  const { code, stdout, stderr } = await one.run(args, how)
  expect({ args, code, stdout, stderr }).toEqual({
    args,
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(says),
  })
  expect(one.sandbox.requests().some(({ paid }) => paid)).toBe(false)
}

describe.concurrent('before anything is paid', () => {
  it('a file that exists is refused, and stays as it is', async () => {
    const one = await machine()
    await writeFile(join(one.work, 'cat.png'), 'mine')
    await refused(one, [...image, '-o', 'cat.png'], /exists.*[\s\S]*--force/)
    await refused(one, [...image, '-o', 'cat.png/'], /cat\.png/)
    await refused(one, [...image, '-o', 'cat.png/in/it.png'], /cannot be written/)
    expect(await readText(join(one.work, 'cat.png'))).toBe('mine')
    expect((await one.run([...image, '-o', 'cat.png', '--force'])).code).toBe(0)
    expect(await readText(join(one.work, 'cat.png'))).not.toBe('mine')
  })

  it('a link that leads nowhere is not written through', async () => {
    const one = await machine()
    await symlink('/nowhere/at/all', join(one.work, 'cat.png'))
    await refused(one, [...image, '-o', 'cat.png'], /cat\.png/)
  })

  it.each(['/dev/full', '/dev/null', '/dev/stdout'])('a device is refused: %s', async (device) => {
    const one = await machine()
    await refused(one, [...image, '-o', device], /exists/)
    await refused(one, [...image, '-o', device, '--force'], /is not a file/)
  })

  it('several files need a folder', async () => {
    await refused(await machine(), [...image, '-n', '3', '-o', 'cats.png'], /3 files need a folder/)
  })

  it.skipIf(isRoot)('a folder that is read-only is refused', async () => {
    const one = await machine()
    await mkdir(join(one.work, 'out'))
    await chmod(join(one.work, 'out'), 0o555)
    await refused(one, [...image, '-o', 'out/'], /cannot be written/)
    await refused(one, [...image, '-o', 'out/new/cat.png'], /cannot be written/)
  })

  it('a disk without room is refused', async () => {
    // A file may grow to 100 kB here: what writes more gets EFBIG, as a full disk gives ENOSPC.
    await refused(await machine(), [...image, '-o', 'cat.png'], /cannot be written/, {
      shell: 'ulimit -f 100; exec "$@"',
    })
  })

  it('places where nothing can be made are refused', async () => {
    await refused(await machine(), [...image, '-o', '/proc/cat.png'], /cannot be written/)
    await refused(await machine(), [...image, '-o', '/proc/nowhere/cat.png'], /cannot be written/)
    await refused(await machine(), [...image, '-o', `${'x'.repeat(300)}.png`], /cannot be written/)
  })
})

describe.concurrent('a folder', () => {
  it('that is missing is made, and leaves no trace of the try', async () => {
    const one = await machine()
    const { code, stdout } = await one.run([...image, '-n', '2', '-o', 'a/b/'])
    const files = await one.files('a/b')
    expect([code, files.length]).toEqual([0, 2])
    expect(linesOf(stdout).sort()).toEqual(files.map((file) => join(one.work, 'a/b', file)))
  })

  it('of the settings is used, and -o wins over it', async () => {
    const one = await machine()
    await mkdir(one.data)
    await writeFile(join(one.data, 'config.json'), JSON.stringify({ output: join(one.work, 'mine') }))
    await Promise.all([one.run(image), one.run([...image, '-o', 'cat.png'])])
    expect(await one.files()).toEqual(['cat.png', 'mine'])
    expect(await one.files('mine')).toHaveLength(1)
  })
})

describe.concurrent('a file that cannot be written after the payment', () => {
  it('is saved elsewhere by the command that is named', async () => {
    const one = await machine()
    await mkdir(join(one.work, 'out'))
    const running = one.start([...image, '--json', '-o', 'out/cat.png'])
    await running.says('paid $')
    await rm(join(one.work, 'out'), { recursive: true })
    await writeFile(join(one.work, 'out'), 'a file where the folder was')
    const ran = await running.ended
    const [, id = ''] = /stablestudio wait (\S+) -o elsewhere/.exec(ran.stderr) ?? []
    expect([ran.code, jsonOf(ran).error]).toEqual([8, expect.objectContaining({ payment: 'settled' })])
    expect((await one.run(['wait', id, '-o', 'elsewhere/'])).code).toBe(0)
    expect([await one.files('elsewhere'), one.settlements()]).toEqual([[expect.any(String)], 1])
  })

  it('is kept when another one has taken its name', async () => {
    const one = await machine()
    const running = one.start([...image, '-o', 'cat.png'])
    await running.says('paid $')
    await writeFile(join(one.work, 'cat.png'), 'mine')
    expect((await running.ended).code).toBe(8)
    expect(await readText(join(one.work, 'cat.png'))).toBe('mine')
  })
})
