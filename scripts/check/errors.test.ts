import { expect, it } from 'vitest'
import { CATALOGUE, errors } from './errors.ts'
import { findingsOf } from './testing/madeTree.ts'

const catalogue = `export const ERRORS = {
  GOOD_ONE: entry('It went wrong', 400),
  LOST_ONE: entry('It is lost', 404),
} as const
`
const text = 'A sentence that is long enough to say something about the case.'
const page = (heading: string): string =>
  `# ${heading}\n\n## What happened\n\n${text}\n\n## Why\n\n${text}\n\n## What to do\n\n${text}\n`

it('accepts codes with a page that are thrown', async () => {
  expect(
    await findingsOf(errors, {
      [CATALOGUE]: catalogue,
      'packages/a/src/a.ts': "throw new WorkflowError('GOOD_ONE', '…')",
      'apps/b/bin/b.js': '#!/usr/bin/env node\nprocess.stderr.write(`It is ${lost} [LOST_ONE]`)',
      'docs/errors/GOOD_ONE.md': page('GOOD_ONE: It went wrong'),
      'docs/errors/LOST_ONE.md': page('LOST_ONE: It is lost'),
    }),
  ).toEqual([])
})

it('finds missing, stray, wrongly titled, empty and disordered pages', async () => {
  const found = await findingsOf(errors, {
    [CATALOGUE]: catalogue,
    'packages/a/src/a.ts': "f('GOOD_ONE', 'LOST_ONE')",
    'docs/errors/GOOD_ONE.md': '# GOOD_ONE: Another title\n\n## Why\n\nShort.\n',
    'docs/errors/STRAY_ONE.md': page('STRAY_ONE: What'),
  })
  expect(found).toEqual([
    'docs/errors/GOOD_ONE.md:1: The heading must be "# GOOD_ONE: It went wrong".',
    'docs/errors/GOOD_ONE.md: The sections must be: What happened, Why, What to do.',
    'docs/errors/GOOD_ONE.md: The section "Why" says too little.',
    `${CATALOGUE}:3: docs/errors/LOST_ONE.md is missing.`,
    'docs/errors/STRAY_ONE.md: The catalogue has no such code. Delete the page.',
  ])
})

it('does not take a question, a type or a test for a throw', async () => {
  const found = await findingsOf(errors, {
    [CATALOGUE]: catalogue,
    'packages/a/src/a.ts': [
      "if (error.code === 'LOST_ONE' || WorkflowError.has(error, 'LOST_ONE')) f('GOOD_ONE')",
      "switch (code) { case 'LOST_ONE': break }",
      "type Code = 'LOST_ONE'",
    ].join('\n'),
    'packages/a/src/a.test.ts': "throw new WorkflowError('LOST_ONE', '…')",
    'docs/errors/GOOD_ONE.md': page('GOOD_ONE: It went wrong'),
    'docs/errors/LOST_ONE.md': page('LOST_ONE: It is lost'),
  })
  expect(found).toEqual([`${CATALOGUE}:3: Nothing throws LOST_ONE. Throw it or take it out.`])
})
