import { expect, it } from 'vitest'
import { links } from './links.ts'
import { findingsOf } from './testing/madeTree.ts'

it('finds links, headings and named paths that lead nowhere', async () => {
  const found = await findingsOf(links, {
    'AGENTS.md':
      '[a](docs/gone.md)\n\nSee `docs/guides/missing.md`.\n[b](docs/here.md#no-such-heading)\n![c](p.png)\n',
    'docs/here.md': '# A heading\n\n[up](../nowhere.md "title")\n',
  })
  expect(found).toEqual([
    'AGENTS.md:1: "docs/gone.md" leads nowhere.',
    'AGENTS.md:4: docs/here.md has no heading "#no-such-heading".',
    'AGENTS.md:5: "p.png" leads nowhere.',
    'AGENTS.md:3: docs/guides/missing.md is missing.',
    'docs/here.md:3: "../nowhere.md" leads nowhere.',
  ])
})

it('accepts what is there, and leaves addresses, code and fixtures alone', async () => {
  expect(
    await findingsOf(links, {
      'README.md': [
        '# Top `of` it',
        '[a](docs/here.md#a-heading) [b](#top-of-it) [c](https://example.org/x) `[d](gone.md)` `docs/here.md`',
        '```',
        '[e](gone.md) `docs/gone.md`',
        '# not a heading',
        '```',
      ].join('\n'),
      'docs/here.md': '## A heading\n',
      'packages/a/fixtures/x.md': '[a](gone.md)',
    }),
  ).toEqual([])
})
