import { expect, it } from 'vitest'
import { hygiene } from './hygiene.ts'
import { findingsOf } from './testing/madeTree.ts'

// Put together, so that this file holds none of what it looks for.
const home = ['', 'home', 'alice', 'x'].join('/')
const mark = ['TO', 'DO'].join('')
const only = ['it', 'only'].join('.')
const skip = ['it', 'skip'].join('.')

it('finds machine paths, also in fixtures', async () => {
  const found = await findingsOf(hygiene, {
    'packages/a/fixtures/stream.jsonl': `{}\n{"cwd":"${home}"}`,
    'docs/a.md': `Lies in ${['', 'root', '.config'].join('/')}.`,
    'docs/b.md': 'Lies in /home/you/project, $HOME/x or ~/x.',
  })
  expect(found.map((finding) => finding.slice(0, 45))).toEqual([
    expect.stringContaining('docs/a.md:1'),
    expect.stringContaining('packages/a/fixtures/stream.jsonl:2'),
  ])
})

it('finds the folder of the checkout itself', async () => {
  const found = await findingsOf(hygiene, { 'a.txt': (root) => `fine\nsee ${root}/b.txt` })
  expect(found).toEqual(['a.txt:2: The line names the folder of this checkout.'])
})

it('finds registry addresses', async () => {
  const address = ['https:', '', 'registry.example', 'x.tgz'].join('/')
  const found = await findingsOf(hygiene, {
    'package-lock.json': `{\n"resolved": "${address}"\n}`,
    '.npmrc': `registry = ${address}`,
  })
  expect(found).toEqual([
    expect.stringMatching(/^\.npmrc:1: The line configures a registry/),
    expect.stringMatching(/^package-lock\.json:2: The line names a registry/),
  ])
})

it('finds open marks, but not in words or binary files', async () => {
  const found = await findingsOf(hygiene, {
    'a.ts': `// ${mark}: later\n// ${mark}S and todo are words\n`,
    'b.bin': `\0${mark} `,
  })
  expect(found).toEqual(['a.ts:1: The line marks unfinished work. Finish it or open an issue.'])
})

it('finds tests that run alone or are silenced without a reason', async () => {
  const found = await findingsOf(hygiene, {
    'a.test.ts': `${only}('x', f)\n${skip}('x', f)\n// No such program on this system.\n${skip}('y', f)\n\n${skip}If(reason !== undefined)('z', f)\n`,
  })
  expect(found).toEqual([
    'a.test.ts:1: The line runs this test alone. Take ".only" away.',
    'a.test.ts:2: The test is silenced without a reason. Say why in a comment beside it.',
  ])
})
