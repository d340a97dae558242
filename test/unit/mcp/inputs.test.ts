// Which local files an agent may have uploaded: media in its owner's folders, and nothing else, wherever a path leads.
import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { png } from '../../support/ai.ts'
import { cheap, createTools, makeFolder } from '../../support/mcp.ts'

const edit = (...images: unknown[]) => ({
  operation: 'nano-banana/edit',
  input: { prompt: 'at night', images },
})

/** Two folders with pictures, of which one may be used. */
async function prepare() {
  const [inside, outside] = [makeFolder(), makeFolder()]
  for (const folder of [inside, outside]) await writeFile(join(folder, 'house.png'), png)
  return { inside, outside, ...(await createTools({ inputFolders: [inside] })) }
}

/** What both tools that take an input say of it. */
async function refusals({ agent, sandbox }: Awaited<ReturnType<typeof prepare>>, path: unknown) {
  const said = [await agent.call('generate', edit(path)), await agent.call('get_price', edit(path))]
  for (const { json, isError } of said) {
    expect(isError, String(path)).toBe(true)
    expect(json, String(path)).toMatchObject({ error: 'invalid_input', charged: 'no' })
  }
  expect(sandbox.settlements()).toHaveLength(0)
  expect(sandbox.requests().filter(({ path: asked }) => asked.includes('upload'))).toEqual([])
  return said.map(({ json }) => String(json.message))
}

describe('a path', () => {
  it('inside the folder is uploaded and paid for once', async () => {
    const { agent, sandbox, inside } = await prepare()
    const { json } = await agent.call('generate', edit(join(inside, 'house.png')))
    expect(json).toMatchObject({ status: 'done', uploads_usd: '0.01' })
    // The same file under another name is the same input.
    await writeFile(join(inside, 'again.png'), png)
    expect((await agent.call('generate', edit(join(inside, 'again.png')))).json).toEqual(json)
    expect(sandbox.settlements()).toHaveLength(2)
    // Another picture under the same name is another input.
    await writeFile(join(inside, 'house.png'), new Uint8Array([...png, 5]))
    expect((await agent.call('generate', edit(join(inside, 'house.png')))).json.job_id).not.toBe(json.job_id)
  })

  it('outside is refused, however it is spelled', async () => {
    const prepared = await prepare()
    const { inside, outside } = prepared
    const target = join(outside, 'house.png')
    for (const path of [
      target,
      `${inside}/../${outside.split('/').at(-1)}/house.png`,
      `${inside}/./.././${outside.split('/').at(-1)}/house.png`,
      '/etc/passwd',
      '/proc/self/environ',
      join(homedir(), '.ssh', 'id_ed25519'),
      inside,
      `${inside}-other/house.png`,
    ])
      for (const message of await refusals(prepared, path))
        expect(message).toContain(`must be inside ${inside}`)
  })

  it('must be absolute, and no URL but https', async () => {
    const prepared = await prepare()
    const { inside } = prepared
    for (const path of [
      'house.png',
      './house.png',
      relative(process.cwd(), join(inside, 'house.png')),
      '~/house.png',
      '~/.ssh/id_ed25519',
      `file://${inside}/house.png`,
      `FILE:${inside}/house.png`,
      'http://example.com/house.png',
      'data:image/png;base64,iVBORw0KGgo=',
      '',
      ' /etc/passwd',
    ])
      for (const message of await refusals(prepared, path))
        expect(message).toContain('must be an https URL or the absolute path of a file')
  })

  it('through a link counts as where the link leads', async () => {
    const prepared = await prepare()
    const { inside, outside, agent } = prepared
    await symlink(join(outside, 'house.png'), join(inside, 'link.png'))
    await symlink(outside, join(inside, 'folder'))
    await symlink(join(inside, 'house.png'), join(inside, 'within.png'))
    for (const path of ['link.png', 'folder/house.png'])
      for (const message of await refusals(prepared, join(inside, path)))
        expect(message).toContain('must be inside')
    expect((await agent.call('generate', edit(join(inside, 'within.png')))).json).toMatchObject({
      status: 'done',
    })
  })

  it('tells nothing of what is elsewhere', async () => {
    const prepared = await prepare()
    const { outside } = prepared
    const [there] = await refusals(prepared, join(outside, 'house.png'))
    const [missing] = await refusals(prepared, join(outside, 'none.png'))
    expect(missing).toBe(there)
  })

  it('must lead to media by its content', async () => {
    const prepared = await prepare()
    const { inside } = prepared
    const files: [string, string][] = [
      ['key.png', '-----BEGIN OPENSSH PRIVATE KEY-----'],
      ['wallet.mp3', 'SQLite format 3\0\u0001\u0002'],
      ['page.jpg', '<!doctype html><html></html>'],
      ['empty.png', ''],
      ['drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ]
    for (const [name, content] of files) {
      await writeFile(join(inside, name), content)
      for (const message of await refusals(prepared, join(inside, name)))
        expect(message).toMatch(/is (of an|HTML|SVG)/)
    }
  })

  it('that leads to no file is refused, and waits for nothing', async () => {
    const prepared = await prepare()
    const { inside } = prepared
    await mkdir(join(inside, 'sub'))
    execFileSync('mkfifo', [join(inside, 'pipe.png')])
    for (const path of ['none.png', 'sub', 'pipe.png', 'house.png/x'])
      expect(await refusals(prepared, join(inside, path))).toHaveLength(2)
  })
})

describe('an input', () => {
  it.each([
    ['callBackUrl', 'https://example.com'],
    ['callbackurl', 'https://example.com'],
    ['call_back_url', 'https://example.com'],
    ['webhookUrl', 'https://example.com'],
  ])('has no %s', async (name, value) => {
    const { agent, sandbox } = await createTools()
    const given = { ...cheap, input: { ...cheap.input, [name]: value } }
    expect((await agent.call('generate', given)).json).toMatchObject({
      error: 'invalid_input',
      charged: 'no',
    })
    expect(sandbox.settlements()).toHaveLength(0)
  })

  it('that the operation does not take is told with what it takes', async () => {
    const { agent, sandbox } = await createTools()
    const given = { ...cheap, input: { prompt: 'x', quality: 'best', images: ['/etc/passwd'] } }
    const { json } = await agent.call('generate', given)
    expect(json).toMatchObject({
      error: 'invalid_input',
      charged: 'no',
      message: expect.stringMatching(/quality.*low.*medium.*high/s),
      next: expect.stringContaining('list_models'),
    })
    expect(json).not.toHaveProperty('service_says')
    for (const operation of ['../../etc', 'nope', 'a/b/c', '', 'gpt-image-9/generate'])
      expect((await agent.call('generate', { ...cheap, operation })).json).toMatchObject({ charged: 'no' })
    expect(sandbox.settlements()).toHaveLength(0)
  })
})
