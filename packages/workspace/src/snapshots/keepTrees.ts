import { existsSync } from 'node:fs'
import { headCommit, openRepository, type Repository } from '../git/Repository.ts'
import type { GitSettings } from '../git/runGit.ts'
import { snapshotRef } from './snapshot.ts'
import type { WorkspacePort } from '@holdfast/workflow-sdk/ports'

type Request = Parameters<WorkspacePort['keepTrees']>[0]
type Kept = Awaited<ReturnType<WorkspacePort['keepTrees']>>

/** See `WorkspacePort.keepTrees`. One update of refs makes all of them. */
export async function keepTrees(settings: GitSettings, request: Request): Promise<Kept> {
  const project = await openRepository(settings, request.projectPath)
  const { start, trees } = request
  const wanted = [...new Map(trees.map((tree) => [tree.ref, tree])).values()]
  if (start.ref !== null) wanted.push({ commit: start.commit, ref: start.ref })
  await fetchMissing(project, request, wanted)
  const here = await present(project, [start.commit, ...wanted.map(({ commit }) => commit)])
  if (!here.has(start.commit)) return { start: null, head: null, refs: new Map() }
  const startRef = snapshotRef(request.runId, 'start')
  const refs = new Map(
    wanted
      .filter(({ commit }) => here.has(commit))
      .map(({ ref }) => [ref, snapshotRef(request.runId, ref.slice(ref.lastIndexOf('/') + 1))] as const),
  )
  const commits = new Map(wanted.map(({ ref, commit }) => [ref, commit]))
  const lines = [...refs].map(([old, ref]) => `update ${ref} ${commits.get(old)}\n`)
  await project.write(['update-ref', '--stdin'], {
    stdin: [...lines, `update ${startRef} ${start.commit}\n`].join(''),
  })
  return { start: startRef, head: await headOf(project, start), refs }
}

/** The commit that a kept tree lies on is its parent; one of a branch is that itself. */
async function headOf(project: Repository, { commit, ref }: Request['start']): Promise<string | null> {
  if (ref === null) return commit
  const parent = await project.read(['rev-parse', '--verify', '--quiet', `${commit}^1`], { accept: [0, 1] })
  return parent.exitCode === 0 ? parent.stdout.trim() : await olderHead(project, commit)
}

/** Trees that were kept before they had parents lie on no commit; the project's present one is the nearest. */
async function olderHead(project: Repository, commit: string): Promise<string | null> {
  const head = await headCommit(project)
  if (head === null) return null
  const base = await project.read(['log', '-1', '--format=%ct', commit])
  const before = ['rev-list', '-1', `--before=${base.stdout.trim()}`, head]
  return (await project.read(before)).stdout.trim() || null
}

/** A clone has objects of its own. */
async function fetchMissing(
  project: Repository,
  { sourcePath, runId }: Request,
  wanted: readonly { readonly commit: string; readonly ref: string }[],
): Promise<void> {
  const here = await present(
    project,
    wanted.map(({ commit }) => commit),
  )
  const missing = wanted.filter(({ commit }) => !here.has(commit))
  if (missing.length === 0 || !existsSync(sourcePath)) return
  const specs = missing.map(({ ref }) => `+${ref}:${snapshotRef(runId, ref.slice(ref.lastIndexOf('/') + 1))}`)
  await project.write(
    ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', sourcePath, ...specs],
    {
      accept: [0, 1, 128],
    },
  )
}

/** Which of these commits the repository has. */
async function present(project: Repository, commits: readonly string[]): Promise<Set<string>> {
  if (commits.length === 0) return new Set()
  const { stdout } = await project.read(['cat-file', '--batch-check=%(objectname) %(objecttype)'], {
    stdin: commits.map((commit) => `${commit}\n`).join(''),
  })
  return new Set(
    stdout.split('\n').flatMap((line) => (line.endsWith(' commit') ? [line.split(' ')[0]!] : [])),
  )
}
