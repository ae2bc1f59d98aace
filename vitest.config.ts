import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './scripts/testing/longestFirst.ts'

/** Rooms with tests; each is a project of its own, so that coverage is held per room. */
const rooms = [
  'packages/workflow-sdk',
  'packages/store',
  'packages/workspace',
  'packages/agents',
  'packages/engine',
  'packages/runtime',
  'packages/api',
  'packages/server',
  'apps/cli',
  'scripts',
  'examples',
  'bench',
]

/** Rooms whose tests take a PostgreSQL server; a run has one of them for all. */
const withPostgres = ['packages/store', 'packages/engine', 'packages/server', 'apps/cli']

const setUp = fileURLToPath(new URL('./scripts/testing/cachedChildren.ts', import.meta.url))

export default defineConfig({
  test: {
    // All processors; vitest leaves one out, which is half of a machine with two.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: 'v8',
      reportOnFailure: true,
      reporter: ['text-summary', 'json-summary'],
      include: ['**/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts'],
    },
    projects: rooms.map((room) => ({
      resolve: { conditions: ['source'] },
      ssr: { resolve: { conditions: ['source'], externalConditions: ['source'] } },
      test: {
        name: room.split('/').at(-1) ?? room,
        root: room,
        include: ['**/*.test.ts'],
        // Inference tests; errors in sources are the business of `npm run check`.
        typecheck: {
          enabled: room === 'packages/workflow-sdk',
          include: ['**/*.test-d.ts'],
          tsconfig: '../../tsconfig.checks.json',
          ignoreSourceErrors: true,
        },
        exclude: ['**/node_modules/**', '**/dist/**'],
        pool: 'forks' as const,
        execArgv: ['--conditions=source'],
        setupFiles: [setUp],
        // Bundles of workflows are imported by Node itself, whose hooks resolve their packages.
        server: { deps: { external: [/\/\.cache\/[0-9a-f]{64}\.mjs/] } },
        globalSetup: withPostgres.includes(room)
          ? [fileURLToPath(new URL('./packages/store/test/postgres/setup.ts', import.meta.url))]
          : [],
        testTimeout: 60_000,
        hookTimeout: 120_000,
      },
    })),
  },
})
