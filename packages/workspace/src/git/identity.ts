import type { Repository } from './Repository.ts'

const FALLBACK = { 'user.name': 'Holdfast', 'user.email': 'holdfast@localhost' }

/**
 * Arguments that name a committer where the user has configured none, so that a commit on a fresh machine
 * does not fail. What is configured, or set by `GIT_AUTHOR_NAME` and its like, stays.
 */
export async function identityArguments(repository: Repository): Promise<string[]> {
  const answer = await repository.read(['config', '-z', '--get-regexp', '^user\\.(name|email)$'], {
    accept: [0, 1],
  })
  const configured = answer.stdout.split('\0').map((entry) => entry.split('\n')[0])
  const missing = Object.entries(FALLBACK).filter(([name]) => !configured.includes(name))
  return missing.flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
