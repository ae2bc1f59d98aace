import { expect, test } from 'vitest'
import { holdfast, put, repository } from './world.ts'

test('[CL31] prompts are listed and shown, broken files told, and labels put on versions and taken away', async () => {
  const root = repository({
    '.agent/prompts/a.md': '---\nmodel: house/small\nvariables: [what]\n---\nOne {{ what }}',
    '.agent/prompts/broken.md': '---\nheat: 1\n---\nx',
  })
  const env = {}
  const listed = await holdfast(root, ['prompts', 'list', '--json'], { env })
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'a', version: 1, model_name: 'house/small' }])
  expect(listed.stderr).toContain('.agent/prompts/broken.md:2')
  expect((await holdfast(root, ['prompts', 'label', 'a', 'production'])).stderr).toBe(
    'a@production is version 1.\n',
  )
  put(root, '.agent/prompts/a.md', 'Two')
  expect((await holdfast(root, ['prompts'])).stdout).toMatch(/a +2 +active/)
  const shown = await holdfast(root, ['prompts', 'show', 'a@production'])
  for (const line of [
    'a, version 1, active',
    'model     house/small',
    'variables what',
    'label     production → version 1',
    'One {{ what }}',
  ])
    expect(shown.stdout).toContain(line)
  const newest = await holdfast(root, ['prompts', 'show', 'a', '--json'])
  expect(JSON.parse(newest.stdout)).toMatchObject({
    version: 2,
    versions: [{ version: 1 }, { version: 2 }],
    labels: [{ version: 1 }],
  })
  const moved = await holdfast(root, ['prompts', 'label', 'a', 'production', '2', '--json'])
  expect(JSON.parse(moved.stdout)).toMatchObject({ label: 'production', version: 2 })
  expect((await holdfast(root, ['prompts', 'label', 'a', 'production', '--remove'])).code).toBe(0)
  const { stdout: file } = await holdfast(root, ['prompts', 'export', 'a@1'])
  expect(file).toBe(
    '---\nname: a\nmodel: house/small\nvariables:\n  what:\n    type: null\n---\n\nOne {{ what }}\n',
  )
  put(root, 'elsewhere/b.md', file.replace('name: a\n', ''))
  for (const how of ['is version 1.', 'is version 1, as before.'])
    expect((await holdfast(root, ['prompts', 'import', 'elsewhere/b.md'])).stderr).toBe(`b ${how}\n`)
  expect((await holdfast(root, ['prompts', 'show', 'b'])).stdout).toContain('(from the database)')
  put(root, 'elsewhere/a.md', file)
  for (const [wrong, code] of [
    [['show', 'a@production'], 'PROMPT_NOT_FOUND'],
    [['show', 'nobody'], 'PROMPT_NOT_FOUND'],
    [['label', 'a', '7'], 'USAGE'],
    [['label', 'a', 'beta', '9'], 'PROMPT_NOT_FOUND'],
    [['label', 'a', 'beta', '--remove'], 'RECORD_NOT_FOUND'],
    [['import', 'elsewhere/a.md'], 'RECORD_CONFLICT'],
    [['import', '.agent/prompts/broken.md'], 'PROMPT_INVALID'],
    [['import', 'nowhere.md'], 'USAGE'],
  ] as const) {
    const ran = await holdfast(root, ['prompts', ...wrong])
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain(code)
  }
})
