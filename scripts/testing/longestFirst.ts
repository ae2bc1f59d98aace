import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Files that take longest, the longest first. They begin before all others, whatever room they are in: a long file
 * that begins last would leave all processors but one idle.
 */
export const LONGEST = [
  'apps/cli/test/realKills.test.ts',
  'examples/crashPoints.test.ts',
  'packages/engine/test/crashPoints.test.ts',
  'scripts/chaos/storm.test.ts',
  'packages/agents/test/claude.real.test.ts',
  'examples/claudeAndCodex.test.ts',
  'examples/examples.test.ts',
  'packages/workspace/src/worktrees/worktrees.test.ts',
  'packages/store/src/postgres/writes.test.ts',
  'packages/workspace/src/git/git.test.ts',
  'packages/runtime/test/agentSteps.test.ts',
  'packages/store/src/projection/projection.test.ts',
  'packages/store/src/postgres/crashes.test.ts',
  'packages/engine/test/replayOrder.test.ts',
]

/** Files in the order in which they should begin: {@link LONGEST}, then the others as they came. */
export function longestFirst<T>(files: readonly T[], pathOf: (file: T) => string): T[] {
  const place = (file: T): number => {
    const path = pathOf(file).replaceAll('\\', '/')
    const index = LONGEST.findIndex((end) => path.endsWith(`/${end}`))
    return index === -1 ? LONGEST.length : index
  }
  return files.toSorted((a, b) => place(a) - place(b))
}

/** Vitest's order of test files, the longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await BaseSequencer.prototype.sort.call(this, files)
    return longestFirst(usual, (file) => file.moduleId)
  }
}
