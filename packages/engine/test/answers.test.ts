import { expect, test } from 'vitest'
import { createWorkflow, type WorkflowContext } from '@holdfast/workflow-sdk'
import { misfits } from '../src/actions/misfit.ts'
import { testEngine } from './support/engine.ts'

const SCHEMA = {
  type: 'object',
  required: ['port', 'mode'],
  properties: {
    port: { type: 'integer' },
    mode: { enum: ['fast', 'slow'] },
    tags: { type: 'array', items: { type: 'object', required: ['name'] } },
    kind: { const: 'a' },
  },
}

test.each([
  [{ port: 1, mode: 'fast' }, []],
  [{ port: '8080', mode: 'slow', other: 1 }, []],
  [{ port: 'x', mode: 'fast' }, ['port is string, expected integer']],
  [{ mode: 'warm' }, ['port is missing', 'mode is "warm", expected one of "fast", "slow"']],
  [
    { port: 1, mode: 'fast', tags: [{ name: 1 }, {}, 3] },
    ['tags[1].name is missing', 'tags[2] is number, expected object'],
  ],
  [{ port: 1, mode: 'fast', kind: 'b' }, ['kind is "b", expected "a"']],
  ['text', ['the value is string, expected object']],
  [null, ['the value is null, expected object']],
])('%j is told each place that does not fit', (value, wrong) => {
  expect(misfits(SCHEMA, value)).toEqual(wrong)
})

test.each([
  [null, 'anything'],
  [{ anyOf: [{ type: 'string' }] }, 5],
  [{ type: 'string' }, 5],
  [{ type: 'boolean' }, 'yes'],
  [{ type: ['number', 'null'] }, null],
])('what %j does not rule out for certain is left to the author', (schema, value) => {
  expect(misfits(schema, value)).toEqual([])
})

test('[EW11] a value or text is no yes: an approval takes only approve and reject', async () => {
  const w = createWorkflow({ name: 'w' }, async (ctx: WorkflowContext) =>
    ctx.approve({ title: 'Delete all?' }),
  )
  const t = await testEngine({ workflows: [w] })
  const run = await t.start(w, {})
  await run.settled()
  await expect(t.engine.answer(run.id, { approved: true, answer: 'no', by: 'ann' })).rejects.toMatchObject({
    code: 'ANSWER_INVALID',
  })
  for (const approved of ['yes', 1, null, undefined])
    await expect(run.answer({ approved: approved as never })).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
    })
  await run.answer({ approved: false })
  expect(await run.output()).toMatchObject({ approved: false })
})
