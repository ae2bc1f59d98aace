import { text as readAll } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { GitScope } from '@holdfast/workflow-sdk/ports'
import { startServer } from '../../../test/support/server.ts'
import { bareEnvironment, makePort, makeRepositoryWithRemote } from '../../../test/support/repository.ts'
import { forgeError } from './forgeError.ts'

/** A forge that keeps what it is given, and loses the answer to it as often as it is told. */
async function makeForge() {
  const state = { pulls: [] as object[], comments: [] as object[], lose: 0 }
  const { url } = await startServer(async (request, response) => {
    const body = await readAll(request)
    const path = new URL(request.url ?? '', 'http://x').pathname
    const kept = path.endsWith('/comments') ? state.comments : state.pulls
    const answer = (status: number, value: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (request.method === 'GET')
      return answer(200, path.endsWith('/site') ? { default_branch: 'main' } : kept)
    const made = {
      ...(JSON.parse(body) as object),
      number: 7,
      html_url: `https://x${path}/${kept.length}`,
      state: 'open',
    }
    kept.push(made)
    if (state.lose-- > 0) response.destroy()
    else answer(201, made)
  })
  return { state, environment: { ...bareEnvironment(), GITHUB_API_URL: url, GITHUB_TOKEN: 't' } }
}

function makeTopic() {
  const made = makeRepositoryWithRemote()
  const url = 'https://github.com/acme/site.git'
  made.repository.git('config', `url.${made.remote.path}.insteadOf`, url)
  made.repository.git('remote', 'set-url', 'origin', url)
  made.repository.git('switch', '--quiet', '-c', 'topic')
  return made.repository.path
}

const scopeOf = (stepId: string): GitScope => ({
  marker: { runId: 'run', stepId },
  signal: new AbortController().signal,
})

test('[WS32] a step makes one pull request and one comment, also when the answer is lost or they are closed', async () => {
  const { state, environment } = await makeForge()
  const { git } = makePort(environment)
  const path = makeTopic()
  const [text, remark] = [{ title: 'T', body: 'B' }, { body: 'Looks **good**.' }]
  state.lose = 1
  const first = await git.createPr(path, text, scopeOf('1'))
  expect(first).toMatchObject({ created: true, via: 'api', url: 'https://x/repos/acme/site/pulls/0' })
  expect(await git.createPr(path, text, scopeOf('1'))).toEqual(first)
  expect(await git.createPr(path, text, scopeOf('2'))).toMatchObject({ created: false, url: first.url })
  expect(state.pulls).toMatchObject([
    { title: 'T', body: expect.stringMatching(/^B\n\n<!-- holdfast:\w{32} -->\n$/) },
  ])
  Object.assign(state.pulls[0]!, { state: 'closed' })
  expect(await git.createPr(path, text, scopeOf('1'))).toEqual(first)
  state.lose = 1
  const said = await git.commentPr(path, { ...remark, pr: 'https://x/acme/site/pull/7' }, scopeOf('3'))
  expect(said).toMatchObject({ created: true, via: 'api' })
  expect(await git.commentPr(path, { ...remark, pr: 7 }, scopeOf('3'))).toEqual(said)
  expect(await git.commentPr(path, { ...remark, pr: 7 }, scopeOf('4'))).not.toEqual(said)
  expect(state.comments).toHaveLength(2)
  await expect(git.commentPr(path, { ...remark, pr: 'main' })).rejects.toMatchObject({
    code: 'OPTION_INVALID',
  })
  state.pulls.length = 0
  await expect(git.commentPr(path, remark)).rejects.toMatchObject({ code: 'FORGE_NOT_FOUND' })
})

test.each([
  [401, {}, 'FORGE_NOT_SIGNED_IN', undefined],
  [403, {}, 'FORGE_NOT_SIGNED_IN', undefined],
  [
    403,
    { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' },
    'FORGE_RATE_LIMITED',
    '2100-01-01T00:00:00.000Z',
  ],
  [429, {}, 'FORGE_RATE_LIMITED', undefined],
  [404, {}, 'FORGE_NOT_FOUND', undefined],
  [422, {}, 'FORGE_REFUSED', undefined],
  [502, {}, 'FORGE_UNAVAILABLE', undefined],
] as const)('[WS33] %i with %o is %s', (status, headers, code, resetAt) => {
  const error = forgeError({
    request: 'POST /x',
    status,
    header: (name) => (headers as Record<string, string>)[name] ?? null,
    said: 'no, https://user:secret@x/',
    repository: { host: 'github.com', owner: 'acme', name: 'site' },
  })
  expect(error).toMatchObject({ code, details: { status, repository: 'acme/site' } })
  expect(error.message).not.toContain('secret')
  expect([error.details['resetAt'], error.details['kind']]).toEqual([resetAt, resetAt && 'quota'])
})
