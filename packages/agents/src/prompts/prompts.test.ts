import { expect, test } from 'vitest'
import { parsePrompt, renderPrompt } from './index.ts'

const file = (frontMatter: string, text = 'Hello {{ name }}'): string =>
  `---\n${frontMatter}\n---\n\n${text}\n`

test('[AG55] a prompt file is front matter and a template, or a template alone', async () => {
  const full = await parsePrompt(
    file(
      'name: review\ncategory: code\nmodel: openai/gpt-5.5\nstatus: Draft\nconfig: { temperature: 0.2 }\n' +
        'variables:\n  name: string\n  tone: { type: string, default: dry }\noutput: { score: integer, tags: "string[]" }',
    ),
    'other',
  )
  expect(full).toEqual({
    prompt: {
      name: 'review',
      category: 'code',
      model: 'openai/gpt-5.5',
      config: { temperature: 0.2 },
      variables: { name: { type: 'string' }, tone: { type: 'string', default: 'dry' } },
      output: {
        type: 'object',
        properties: { score: { type: 'integer' }, tags: { type: 'array', items: { type: 'string' } } },
        required: ['score', 'tags'],
        additionalProperties: false,
      },
      status: 'draft',
      text: 'Hello {{ name }}',
    },
  })
  expect(await parsePrompt('Just text', 'a/b')).toMatchObject({
    prompt: { name: 'a/b', status: 'active', text: 'Just text' },
  })
  const schema = { type: 'object', properties: { a: { enum: [1] } } }
  expect(await parsePrompt(file(`output: ${JSON.stringify(schema)}`), 'x')).toMatchObject({
    prompt: { output: schema },
  })
})

test.each([
  ['---\nname: x\n', 1, 'no second line'],
  [file('name: a\nmodel: [1'), 4, 'no YAML'],
  [file('- a'), 2, 'no list of fields'],
  [file('name: a\ntemperature: 1'), 3, '"temperature" is not known'],
  [file('model: gpt'), 2, 'provider/model'],
  [file('category: a\nname: b\nconfig: { heat: 1 }'), 4, 'config.heat is not known'],
  [file('config: { topP: 7 }'), 2, 'topP must be a number from 0 to 1'],
  [file('variables: { a: text }'), 2, 'variables.a must be one of'],
  [file('output: { a: text }'), 2, 'output.a must be one of'],
  [file('status: done'), 2, 'status must be'],
  [file('name: a', '\n'), null, 'no text'],
  [file('name: a', 'one\n{% if x %}'), 6, 'not closed'],
  [file('name: a', 'one\ntwo {{ a | nothing }}'), 6, 'undefined filter'],
])('[AG55] %j is wrong on line %s: %s', async (source, line, reason) => {
  const result = await parsePrompt(source, 'x')
  expect(result).toMatchObject({ issue: { line, reason: expect.stringContaining(reason) } })
})

const prompt = (text: string, variables: object | null = null) => ({
  name: 'p',
  version: 2,
  text,
  variables: variables as never,
})

test('[AG56] variables are filled in strictly, with their defaults', async () => {
  const declared = {
    name: { type: 'string' },
    tone: { type: 'string', default: 'dry' },
    more: { type: null, optional: true },
  }
  expect(
    await renderPrompt(prompt('{{ name }} {{ tone }}{% if more %}!{% endif %}', declared), { name: 'Ada' }),
  ).toBe('Ada dry')
  expect(
    await renderPrompt(prompt('{% for x in xs %}{{ x.a }};{% endfor %}'), { xs: [{ a: 1 }, { a: 2 }] }),
  ).toBe('1;2;')
  await expect(renderPrompt(prompt('x', declared), { tone: 3, extra: 1 })).rejects.toMatchObject({
    code: 'PROMPT_INVALID',
    details: {
      issues: ['"extra" is none of name, tone, more', '"name" is missing', '"tone" must be of type string'],
    },
  })
  await expect(renderPrompt(prompt('a\n  {{ nobody }}'), {})).rejects.toMatchObject({
    code: 'PROMPT_INVALID',
    details: { line: 2, column: expect.any(Number) },
  })
  // Nothing of the machine, and nothing of JavaScript's own, can be reached.
  await expect(renderPrompt(prompt('{% include "/etc/passwd" %}'), {})).rejects.toMatchObject({
    code: 'PROMPT_INVALID',
  })
  await expect(renderPrompt(prompt('{{ a.constructor.name }}'), { a: {} })).rejects.toMatchObject({
    code: 'PROMPT_INVALID',
  })
  await expect(
    renderPrompt(prompt('{% for i in (1..100000000) %}xxxxxxxx{% endfor %}'), {}),
  ).rejects.toMatchObject({ code: 'PROMPT_INVALID' })
})
