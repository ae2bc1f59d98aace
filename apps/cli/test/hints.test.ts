import { expect, test } from 'vitest'
import { exampleOf, shapeOf } from '@holdfast/engine/shape'
import { atTerminal, KEY } from './terminal.ts'
import { holdfast, repository, start, withWorkflow } from './world.ts'

const ASKS = withWorkflow(
  'asks',
  `return await ctx.ask({ title: 'Which channel?', schema: z.object({ channel: z.enum(['mail', 'chat']), port: z.number().optional() }) })`,
  'input: z.object({ text: z.string(), rounds: z.number().default(3) }).partial()',
)
const SHAPE = '{ channel: "mail" | "chat", port?: number }'

test('[CL7] a question and a workflow say in short what they take', async () => {
  const cwd = repository(ASKS)
  const asked = await holdfast(cwd, ['run', 'asks'])
  expect(asked.stderr).toMatch(
    /\n {2}holdfast answer (\S+) VALUE\n {4}VALUE is JSON: (.*)\n {2}then: holdfast resume \1\n/,
  )
  expect(asked.stderr).toContain(`VALUE is JSON: ${SHAPE}\n`)
  expect((await holdfast(cwd, ['approve', 'latest'])).stderr).toMatch(
    /"Which channel\?" of run \S+ asks for a value, not for a yes or no\. It takes \{ channel.* Use: holdfast answer \S+ VALUE \[ANSWER_INVALID\]/,
  )
  expect((await holdfast(cwd, ['answer', 'latest', '{"channel":"fax"}'])).stderr).toContain(
    `It takes ${SHAPE}. Answer`,
  )
  expect((await holdfast(cwd, ['workflows', 'show', 'asks'])).stdout).toContain(
    '  input     { text?: string, rounds?: number = 3 }\n',
  )
})

test('[CL7] at a terminal the question shows how its answer is written', async () => {
  const session = atTerminal(repository(ASKS), ['run', 'asks'])
  await session.saw(`Which channel? (JSON: ${SHAPE})`)
  session.type(`mail${KEY.enter}`)
  await session.saw('That is no JSON. It is written like this: {"channel":"mail"}')
  session.type('\u0015')
  session.type(`{"channel":"chat"}${KEY.enter}`)
  expect(JSON.parse((await session.ended).stdout)).toEqual({ channel: 'chat' })
})

test.each([
  [{ type: 'string' }, 'string', 'text'],
  [{ type: 'integer' }, 'whole number', 1],
  [{ type: ['string', 'null'] }, 'string | null', null],
  [{ anyOf: [{ type: 'string' }, { const: 5 }] }, 'string | 5', null],
  [{ type: 'array', items: { enum: ['a', 2] } }, '("a" | 2)[]', ['a']],
  [{ type: 'array' }, 'any[]', []],
  [{ type: 'object' }, '{ … }', null],
  [{ type: 'object', properties: {} }, '{}', {}],
  [
    {
      type: 'object',
      properties: { a: { type: 'boolean' }, b: { type: 'array', items: { type: 'number' } } },
    },
    '{ a?: boolean, b?: number[] }',
    { a: true, b: [1] },
  ],
  [{ $ref: '#/x' }, null, null],
  [null, null, null],
])('[CL7] %j in short is %s', (schema, shape, example) => {
  expect(shapeOf(schema as never)).toBe(shape)
  expect(exampleOf(schema as never)).toEqual(example)
})

test('[CL6] latest is the run that somebody started, not its child', async () => {
  const cwd = repository({
    ...withWorkflow('parent', "return ctx.child('child', {})"),
    ...withWorkflow('child', 'return 1'),
  })
  await holdfast(cwd, ['run', 'parent'])
  expect((await holdfast(cwd, ['runs', 'show', 'latest'])).stdout).toMatch(/^parent /)
  expect((await holdfast(cwd, ['runs', 'list'])).stdout).toMatch(/↳ child .*\n.* parent {2}/)
})

test('[CL8] a run without a worker says so, and what goes on with it', async () => {
  const cwd = repository(
    withWorkflow(
      'hold',
      "await ctx.run('hold', () => new Promise((resolve) => setTimeout(resolve, 600_000)))",
    ),
  )
  const enqueued = await holdfast(cwd, ['run', 'hold', '--detach'])
  expect(enqueued.stderr).toBe('It waits for a worker; start one with: holdfast worker\n')
  expect((await holdfast(cwd, ['runs', 'show', 'latest'])).stdout).toMatch(
    /\nIt waits for a worker, and none is there\. .*holdfast worker.*\n {2}holdfast resume \S+\n$/,
  )
  const worker = start(cwd, ['worker'])
  await worker.saw('(hold) running')
  expect((await holdfast(cwd, ['runs', 'show', 'latest'])).stdout).not.toMatch(/resume|is gone|waits for/)
  worker.process.kill('SIGKILL')
  await worker.ended
  expect((await holdfast(cwd, ['runs', 'show', 'latest'])).stdout).toMatch(
    /\nIts worker \(process \d+\) is gone; /,
  )
})

test('a word that is no command below one is told as that', async () => {
  const { code, stderr } = await holdfast(repository(), ['runs', 'lst'])
  expect(code).toBe(2)
  expect(stderr).toContain(
    "Unknown command 'runs lst' (Did you mean list?). There is: list, show, logs, events, cost, help.",
  )
})
