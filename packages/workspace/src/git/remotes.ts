import type { Repository } from './Repository.ts'

/** Names of the remotes, sorted as git lists them. */
export async function remoteNames(repository: Repository): Promise<string[]> {
  return (await repository.read(['remote'])).stdout.split('\n').filter((name) => name !== '')
}

/** The address as it is configured, without the rewriting of `url.*.insteadOf`; null for an unknown remote. */
export async function remoteUrl(repository: Repository, remote: string): Promise<string | null> {
  const answer = await repository.read(['config', '--get', `remote.${remote}.url`], { accept: [0, 1] })
  return answer.exitCode === 0 ? answer.stdout.trim() : null
}

/** The remote that a branch goes to: its own, else `origin`, else the only one; null where there is none. */
export async function remoteOfBranch(repository: Repository, branch: string): Promise<string | null> {
  const names = await remoteNames(repository)
  const own = await repository.read(['config', '--get', `branch.${branch}.remote`], { accept: [0, 1] })
  const candidates = [own.stdout.trim(), 'origin', ...(names.length === 1 ? names : [])]
  return candidates.find((name) => names.includes(name)) ?? null
}

/** The branch that the remote calls its default, or null when it does not say. */
export async function defaultBranch(repository: Repository, remote: string): Promise<string | null> {
  const answer = await repository.read(['ls-remote', '--symref', '--', remote, 'HEAD'], {
    accept: [0, 2, 128],
  })
  return /^ref: refs\/heads\/(\S+)\tHEAD$/m.exec(answer.stdout)?.[1] ?? null
}

/** A repository on a host that speaks HTTP. */
export interface HostedRepository {
  readonly host: string
  readonly owner: string
  readonly name: string
}

/** Reads `https://host/owner/name(.git)`, `ssh://git@host/owner/name` and `git@host:owner/name`; null for others. */
export function parseHosted(url: string): HostedRepository | null {
  const address =
    /^(?:https?|ssh|git):\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/([^/]+)\/([^/]+?)(?:\.git)?\/?$/i.exec(url)
  const short = /^(?:[^/@:]+@)?([^/:]+):(?!\/)([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(url)
  const [, host, owner, name] = address ?? short ?? []
  if (host === undefined || owner === undefined || name === undefined) return null
  return { host: host.toLowerCase(), owner, name }
}
