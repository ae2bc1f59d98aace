import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { validateWith, WorkflowError, type FieldIssue } from '../src/index.ts'

const libraries = [
  {
    library: 'zod',
    schema: z.object({
      name: z.string(),
      items: z.array(z.object({ count: z.number() })),
      size: z.string().transform(Number),
    }),
  },
  {
    library: 'valibot',
    schema: v.object({
      name: v.string(),
      items: v.array(v.object({ count: v.number() })),
      size: v.pipe(v.string(), v.transform(Number)),
    }),
  },
  {
    library: 'arktype',
    schema: type({
      name: 'string',
      items: type({ count: 'number' }).array(),
      size: type('string').pipe(Number),
    }),
  },
] as const

describe.each(libraries)('validateWith a schema of $library', ({ schema }) => {
  const fits = { name: 'a', items: [{ count: 1 }], size: '12' }

  it("gives the schema's output, not its input", async () => {
    expect(await validateWith(schema, fits, 'The input')).toEqual({ ...fits, size: 12 })
  })

  it('names every field that does not fit', async () => {
    const error: unknown = await validateWith(
      schema,
      { ...fits, name: 7, items: [{ count: 1 }, { count: 'x' }] },
      'The input of workflow "x"',
    ).catch((thrown: unknown) => thrown)
    if (!WorkflowError.is(error)) throw error
    expect(error.code).toBe('INPUT_INVALID')
    expect(error.message).toMatch(/^The input of workflow "x" does not fit: .+; .+\.$/)
    expect(error.message.match(/\bname\b/g)).toHaveLength(1)
    expect(error.message.match(/items\[1\]\.count/g)).toHaveLength(1)
    const issues = error.details['issues'] as readonly FieldIssue[]
    expect(issues.map((issue) => issue.path).toSorted()).toEqual(['items[1].count', 'name'])
    expect(issues.every((issue) => issue.message !== '')).toBe(true)
  })

  it('calls the whole value so, and takes another code', async () => {
    await expect(validateWith(schema, 'text', 'The answer', 'ANSWER_INVALID')).rejects.toMatchObject({
      code: 'ANSWER_INVALID',
      message: expect.stringMatching(/^The answer does not fit: the value: /),
    })
  })
})

it('waits for schemas that check asynchronously', async () => {
  const schema = z.string().refine(async (text) => text !== 'taken', 'is taken')
  expect(await validateWith(schema, 'free', 'x')).toBe('free')
  await expect(validateWith(schema, 'taken', 'x')).rejects.toThrow('x does not fit: the value: is taken')
})
