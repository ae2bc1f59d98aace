import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Check, Finding } from './Check.ts'
import { isFixture, isTest, listFiles } from './tree/files.ts'

/** What no file of the repository holds: machine paths, registry addresses, marks of unfinished work. */
export const hygiene: Check = {
  name: 'hygiene',
  about: 'no machine paths, registry addresses, open marks or silenced tests',
  run: async (root) => listFiles(root).flatMap((path) => checkFile(root, path)),
}

interface Ban {
  readonly pattern: RegExp
  readonly what: string
  readonly applies: (path: string) => boolean
}

// The words are put together here, so that this file does not hold them itself.
const OPEN_MARK = new RegExp(
  `\\b(?:${['TO', 'FIX'].map((half, at) => half + ['DO', 'ME'][at]).join('|')})\\b`,
)

const BANS: readonly Ban[] = [
  {
    pattern: /\/(?:home|Users)\/(?!you\/|you\b|\$|\{|<)[A-Za-z0-9_.-]+\/|\/root\/[\w.]|[A-Z]:\\\\?Users\\/,
    what: 'names a folder of one machine. Use a path relative to the repository, or os.tmpdir().',
    applies: () => true,
  },
  {
    pattern: /"resolved":\s*"(?:https?|git)/,
    what: 'names a registry. Keep addresses out of lock files (.npmrc: omit-lockfile-registry-resolved).',
    applies: (path) => path.endsWith('package-lock.json'),
  },
  {
    pattern: /\bregistry\s*=|_authToken/,
    what: 'configures a registry. That belongs into the settings of a person or of CI.',
    applies: (path) => path.endsWith('.npmrc'),
  },
  {
    pattern: OPEN_MARK,
    what: 'marks unfinished work. Finish it or open an issue.',
    applies: (path) => !isFixture(path) && !path.endsWith('package-lock.json'),
  },
  {
    pattern: /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.only\b/,
    what: 'runs this test alone. Take ".only" away.',
    applies: isTest,
  },
]

const SILENCED = /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:skip|skipIf|runIf|todo|fails)\b/

function checkFile(root: string, path: string): Finding[] {
  const bytes = readFileSync(join(root, path))
  if (bytes.includes(0)) return []
  const lines = bytes.toString('utf8').split('\n')
  return lines.flatMap((text, index) => {
    const where = `${path}:${index + 1}`
    const findings = BANS.filter((ban) => ban.applies(path) && ban.pattern.test(text)).map((ban) => ({
      where,
      what: `The line ${ban.what}`,
    }))
    if (text.includes(`${root}/`))
      findings.push({ where, what: 'The line names the folder of this checkout.' })
    if (isTest(path) && SILENCED.test(text) && !hasReason(text, lines[index - 1] ?? ''))
      findings.push({ where, what: 'The test is silenced without a reason. Say why in a comment beside it.' })
    return findings
  })
}

/** A comment beside the line, or a reason that the line itself hands on, as conformance suites do. */
function hasReason(line: string, before: string): boolean {
  return (
    /\breason\b/.test(line) || /\/\/\s*\S{2,}/.test(line) || /^\s*(?:\/\/|\*|\/\*\*?)\s*\S{2,}/.test(before)
  )
}
