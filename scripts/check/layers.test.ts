import { describe, expect, it } from 'vitest'
import { layers } from './layers.ts'
import { findingsOf, manifest } from './testing/madeTree.ts'

const store = 'packages/store'
const engine = 'packages/engine'
const rooms = {
  [`${store}/package.json`]: manifest('@holdfast/store', '@holdfast/workflow-sdk'),
  [`${engine}/package.json`]: manifest('@holdfast/engine', '@holdfast/store', '@holdfast/workflow-sdk'),
}

describe('layers', () => {
  it('accepts imports that point down', async () => {
    const tree = {
      ...rooms,
      [`${engine}/src/a.ts`]: "import type { X } from '@holdfast/store/contract'\nimport './b.ts'\n",
      [`${engine}/src/b.ts`]: "export * from '@holdfast/workflow-sdk/journal'\n",
    }
    expect(await findingsOf(layers, tree)).toEqual([])
  })

  it.each([
    ['import', "import { x } from '@holdfast/engine'"],
    ['export', "export * from '@holdfast/engine'"],
    ['dynamic import', "const x = await import('@holdfast/engine')"],
    ['type import', "type X = import('@holdfast/engine').X"],
    ['subpath', "import '@holdfast/engine/inner'"],
    ['import.meta.resolve', "import.meta.resolve('@holdfast/engine')"],
    ['require', "require('@holdfast/engine')"],
    ['the package of users', "import 'holdfast'"],
  ])('finds an import that points up: %s', async (_, line) => {
    const [finding, ...more] = await findingsOf(layers, { ...rooms, [`${store}/src/a.ts`]: `\n${line}\n` })
    expect(finding).toMatch(/^packages\/store\/src\/a\.ts:2: @holdfast\/store may not import /)
    expect(more).toEqual([])
  })

  it('lets only tests of the engine see a backend', async () => {
    const line = "import { openSqliteStore } from '@holdfast/store'\n"
    const tree = { ...rooms, [`${engine}/src/a.ts`]: line, [`${engine}/test/a.test.ts`]: line }
    expect(await findingsOf(layers, tree)).toEqual([
      expect.stringMatching(
        /^packages\/engine\/src\/a\.ts:1: @holdfast\/engine may not import @holdfast\/store\./,
      ),
    ])
  })

  it('finds relative imports of another room, from rooms and from outside', async () => {
    const found = await findingsOf(layers, {
      ...rooms,
      [`${store}/src/a.ts`]: "import '../../engine/src/b.ts'\n",
      'scripts/x.ts': "import '../packages/store/src/a.ts'\n",
    })
    expect(found).toEqual([
      'packages/store/src/a.ts:1: "../../engine/src/b.ts" reaches into another room. Import it by its package\'s name.',
      'scripts/x.ts:1: "../packages/store/src/a.ts" reaches into a room. Import it by its package\'s name.',
    ])
  })

  it('finds a dependency that points up, one that is not declared, and a room without a floor', async () => {
    const found = await findingsOf(layers, {
      ...rooms,
      'packages/workspace/package.json': manifest('@holdfast/workspace', '@holdfast/store'),
      'packages/agents/package.json': manifest('@holdfast/agents'),
      'packages/agents/src/a.ts': "import '@holdfast/workspace'\n",
      'packages/attic/package.json': manifest('@holdfast/attic'),
    })
    expect(found).toEqual([
      expect.stringContaining('packages/attic/package.json: @holdfast/attic has no floor.'),
      expect.stringContaining(
        'packages/workspace/package.json: @holdfast/workspace may not import @holdfast/store.',
      ),
      'packages/agents/src/a.ts:1: @holdfast/workspace is not among the dependencies of @holdfast/agents.',
    ])
  })

  it('allows `holdfast` in examples alone', async () => {
    const line = "import { createWorkflow } from 'holdfast'\n"
    const found = await findingsOf(layers, { 'examples/01/a.ts': line, 'bench/a.ts': line })
    expect(found).toEqual([expect.stringMatching(/^bench\/a\.ts:1: "holdfast" is for examples/)])
  })
})
