import type { Check } from './Check.ts'
import { isFixture, isSource, listFiles, readText } from './tree/files.ts'

/** Lines that a source file may have. */
const MAX_LINES = 400
/** Lines that AGENTS.md may have: agents read all of it each time. */
const MAX_AGENTS_LINES = 150

/** No god files: one idea per file, and AGENTS.md stays short. */
export const files: Check = {
  name: 'files',
  about: `no source file above ${MAX_LINES} lines`,
  run: async (root) =>
    listFiles(root)
      .filter((path) => (isSource(path) && !isFixture(path)) || path === 'AGENTS.md')
      .flatMap((path) => {
        const lines = readText(root, path).trimEnd().split('\n').length
        const limit = path === 'AGENTS.md' ? MAX_AGENTS_LINES : MAX_LINES
        if (lines <= limit) return []
        return [{ where: path, what: `It has ${lines} lines, the limit is ${limit}. Make it two.` }]
      }),
}
