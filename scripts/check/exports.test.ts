import { expect, it } from 'vitest'
import { exports } from './exports.ts'
import { findingsOf } from './testing/madeTree.ts'

const target = (path: string): object => ({
  source: `./src/${path}.ts`,
  types: `./dist/${path}.d.ts`,
  default: `./dist/${path}.js`,
})
const good = {
  'tsconfig.json': { references: [{ path: 'packages/a' }, { path: 'packages/b' }] },
  'packages/a/package.json': { name: 'a', exports: { '.': target('index') } },
  'packages/a/src/index.ts': '',
  'packages/a/tsconfig.json': {},
  'packages/b/package.json': { name: 'b', dependencies: { a: '1' }, exports: { './x': target('x/index') } },
  'packages/b/src/x/index.ts': '',
  'packages/b/tsconfig.json': { references: [{ path: '../a' }] },
}

it('accepts exports that mirror sources and references that follow dependencies', async () => {
  expect(await findingsOf(exports, good)).toEqual([])
})

it('finds targets that do not exist or are not what the build makes', async () => {
  const found = await findingsOf(exports, {
    ...good,
    'packages/a/package.json': {
      name: 'a',
      exports: {
        '.': { ...target('index'), default: './src/index.ts' },
        './gone': target('gone'),
        './order': { default: './dist/index.js', source: './src/index.ts', types: './dist/index.d.ts' },
        './odd': { ...target('x'), source: './lib/x.ts' },
      },
    },
  })
  expect(found).toEqual([
    'packages/a/package.json: ".": types and default must be ./dist/index.d.ts and ./dist/index.js.',
    'packages/a/package.json: "./gone": ./src/gone.ts does not exist.',
    'packages/a/package.json: "./order" must have source, types and default, in this order.',
    'packages/a/package.json: "./odd": source must be a .ts file below ./src.',
  ])
})

it('finds references that are missing', async () => {
  const found = await findingsOf(exports, {
    ...good,
    'tsconfig.json': { references: [{ path: 'packages/a' }] },
    'packages/b/tsconfig.json': {},
  })
  expect(found).toEqual([
    'packages/b/tsconfig.json: A reference to packages/a is missing.',
    'tsconfig.json: A reference to packages/b is missing.',
  ])
})
