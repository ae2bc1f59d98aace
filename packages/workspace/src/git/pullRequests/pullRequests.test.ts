import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text as readAll } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { startServer } from '../../../test/support/server.ts'
import {
  bareEnvironment,
  makePort,
  makeRepositoryWithRemote,
  temporaryFolder,
} from '../../../test/support/repository.ts'
import { parseHosted } from '../remotes.ts'

const TEXT = { title: '-- Add slugs', body: 'Because `titles` are long.\n' }

/** A repository whose remote is named as one of GitHub's, while git itself reaches a folder. */
function makeHosted(url = 'https://github.com/acme/site.git') {
  const made = makeRepositoryWithRemote()
  made.repository.git('config', `url.${made.remote.path}.insteadOf`, url)
  made.repository.git('remote', 'set-url', 'origin', url)
  made.repository.git('switch', '--quiet', '-c', 'topic')
  made.repository.git('commit', '--quiet', '--allow-empty', '-m', 'work')
  return made
}

/** A `gh` that writes down how it was called, and knows the pull requests in the file `open.json`. */
function makeGh(options: { readonly signedInTo: string; readonly create?: string }) {
  const folder = temporaryFolder()
  const gh = join(folder, 'gh')
  const made = `printf 'HTTP/2.0 201 Created\r\nContent-Type: application/json\r\n\r\n{"html_url":"https://github.com/acme/site/pull/7"}'`
  writeFileSync(
    gh,
    `#!/bin/sh
printf '%s\\n' "$*" >> ${folder}/calls
ok() { printf 'HTTP/2.0 200 OK\\r\\nContent-Type: application/json\\r\\n\\r\\n'; }
case "$1 $4 $5" in
  'auth '*) [ "$4" = '${options.signedInTo}' ] ;;
  'api --method=GET '*/pulls*) ok; cat ${folder}/open.json ;;
  'api --method=GET '*) ok; echo '{"default_branch":"trunk"}' ;;
  'api --method=POST '*) cat > ${folder}/body; ${options.create ?? made} ;;
esac
`,
  )
  chmodSync(gh, 0o755)
  writeFileSync(join(folder, 'open.json'), '[]')
  const read = (name: string): string =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : ''
  return { folder, calls: () => read('calls').trim().split('\n'), body: () => read('body') }
}

/** GitHub's interface for one repository: looks up and makes pull requests. */
async function makeApi(options: { readonly refuse?: number; readonly raced?: boolean } = {}) {
  const requests: { method: string; url: string; authorization: string | undefined; body: unknown }[] = []
  const open: { html_url: string; head: string }[] = []
  const { url } = await startServer(async (request, response) => {
    const body = await readAll(request)
    const [method, path] = [request.method ?? '', request.url ?? '']
    requests.push({
      method,
      url: path,
      authorization: request.headers.authorization,
      body: body === '' ? null : JSON.parse(body),
    })
    const answer = (status: number, value: unknown): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (options.refuse !== undefined) return answer(options.refuse, { message: 'Bad credentials' })
    if (method === 'GET' && path === '/api/repos/acme/site') return answer(200, { default_branch: 'trunk' })
    if (method === 'GET') {
      const head = new URL(path, 'http://x').searchParams.get('head')
      return answer(
        200,
        open.filter((one) => one.head === head),
      )
    }
    open.push({ html_url: 'https://github.com/acme/site/pull/9', head: 'acme:topic' })
    return options.raced === true ? answer(422, { message: 'already exists' }) : answer(201, open[0])
  })
  const environment = { GITHUB_API_URL: `${url}/api/`, GITHUB_TOKEN: 'a-token' }
  return { requests, environment }
}

test('[WS27] without gh and token the branch is pushed and the text tells what is left', async () => {
  const { repository, remote } = makeHosted()
  const answer = await makePort(withoutGh()).git.createPr(repository.path, {
    ...TEXT,
    base: 'main',
    draft: true,
  })
  expect(answer).toMatchObject({ created: false, url: null, via: 'artifact' })
  expect(answer.text).toBe(
    '# -- Add slugs\n\nBecause `titles` are long.\n\n---\n\n- Branch: `topic`\n- Merge into: `main`\n- Draft: yes\n' +
      '- The branch is pushed to `origin`. Open the pull request there, or sign in with `gh auth login` or set `GITHUB_TOKEN` to have it opened next time.\n',
  )
  expect(remote.git('rev-parse', 'topic')).toBe(repository.git('rev-parse', 'topic'))
})

test('[WS27] a remote that is a folder, and no remote at all', async () => {
  const { repository } = makeRepositoryWithRemote()
  const gh = makeGh({ signedInTo: 'github.com' })
  const { git } = makePort({ ...bareEnvironment(gh.folder), GITHUB_TOKEN: 'a-token' })
  await git.ensureBranch(repository.path, 'topic')
  expect(await git.createPr(repository.path, TEXT)).toMatchObject({ via: 'artifact', url: null })
  repository.git('remote', 'remove', 'origin')
  expect((await git.createPr(repository.path, TEXT)).text).toContain('has no remote')
  expect(gh.calls()).toEqual([''])
})

test('[WS27] the base itself and a detached HEAD cannot be offered', async () => {
  const { repository } = makeRepositoryWithRemote()
  const { git } = makePort(withoutGh())
  await expect(git.createPr(repository.path, TEXT)).rejects.toMatchObject({
    message: expect.stringContaining('"main"'),
  })
  repository.git('checkout', '--quiet', '--detach')
  await expect(git.createPr(repository.path, TEXT)).rejects.toMatchObject({
    message: expect.stringContaining('detached'),
  })
})

test('[WS28] gh makes the pull request, with the body on its standard input', async () => {
  const { repository, remote } = makeHosted()
  const gh = makeGh({ signedInTo: 'github.com' })
  const { git } = makePort({ ...bareEnvironment(gh.folder), GITHUB_TOKEN: 'unused' })
  const answer = await git.createPr(repository.path, { ...TEXT, base: 'main', draft: true })
  expect(answer).toMatchObject({ created: true, via: 'gh', url: 'https://github.com/acme/site/pull/7' })
  expect(answer.text).toContain('https://github.com/acme/site/pull/7')
  const api = 'api --include --hostname=github.com'
  expect(gh.calls()).toEqual([
    'auth status --hostname github.com',
    `${api} --method=GET repos/acme/site/pulls?state=all&head=acme%3Atopic&per_page=100`,
    `${api} --method=POST repos/acme/site/pulls --input=-`,
  ])
  expect(JSON.parse(gh.body())).toEqual({ ...TEXT, head: 'topic', base: 'main', draft: true })
  expect(remote.git('branch', '--list', 'topic')).toContain('topic')
})

test('[WS28] an open pull request of the branch is found, one that is closed is not', async () => {
  const { repository } = makeHosted()
  const gh = makeGh({ signedInTo: 'github.com' })
  const { git } = makePort(bareEnvironment(gh.folder))
  const listed = (state: string): void =>
    writeFileSync(
      join(gh.folder, 'open.json'),
      JSON.stringify([{ html_url: 'https://x/1', state, body: null }]),
    )
  listed('open')
  const found = { created: false, via: 'gh', url: 'https://x/1' }
  expect(await git.createPr(repository.path, TEXT)).toMatchObject(found)
  listed('closed')
  expect(await git.createPr(repository.path, TEXT)).toMatchObject({ created: true })
})

test('[WS28, WS33] gh that makes nothing is an error with what it said', async () => {
  const { repository } = makeHosted()
  for (const [create, code, said] of [
    ["echo 'dial tcp: no route' >&2; exit 1", 'FORGE_UNAVAILABLE', 'no route'],
    [
      'printf \'HTTP/2.0 403 Forbidden\\r\\n\\r\\n{"message":"no rights"}\'; exit 1',
      'FORGE_NOT_SIGNED_IN',
      'no rights',
    ],
    ["printf 'HTTP/2.0 201 Created\\r\\n\\r\\nhello'", 'FORGE_REFUSED', 'no "html_url"'],
  ] as const) {
    const gh = makeGh({ signedInTo: 'github.com', create })
    await expect(
      makePort(bareEnvironment(gh.folder)).git.createPr(repository.path, TEXT),
    ).rejects.toMatchObject({ code, message: expect.stringContaining(said) })
  }
})

test('[WS29] a token makes the pull request against the default branch, and finds it the next time', async () => {
  const { repository } = makeHosted()
  const gh = makeGh({ signedInTo: 'elsewhere.example.com' })
  const api = await makeApi()
  const { git } = makePort({ ...bareEnvironment(gh.folder), ...api.environment })
  const url = 'https://github.com/acme/site/pull/9'
  expect(await git.createPr(repository.path, TEXT)).toMatchObject({ created: true, via: 'api', url })
  expect(await git.createPr(repository.path, TEXT)).toMatchObject({ created: false, via: 'api', url })
  expect(api.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /api/repos/acme/site/pulls?state=all&head=acme%3Atopic&per_page=100',
    'GET /api/repos/acme/site',
    'POST /api/repos/acme/site/pulls',
    'GET /api/repos/acme/site/pulls?state=all&head=acme%3Atopic&per_page=100',
  ])
  expect(api.requests[2]?.body).toEqual({ ...TEXT, head: 'topic', base: 'trunk', draft: false })
  expect(new Set(api.requests.map((request) => request.authorization))).toEqual(new Set(['Bearer a-token']))
})

test('[WS29] one that somebody opened meanwhile is found, and a refusal shows what was answered', async () => {
  const { repository } = makeHosted()
  const raced = await makeApi({ raced: true })
  const { git } = makePort({ ...withoutGh(), ...raced.environment })
  expect(await git.createPr(repository.path, { ...TEXT, base: 'main' })).toMatchObject({
    created: false,
    via: 'api',
  })
  const refusing = await makeApi({ refuse: 401 })
  await expect(
    makePort({ ...withoutGh(), ...refusing.environment }).git.createPr(repository.path, TEXT),
  ).rejects.toMatchObject({
    code: 'FORGE_NOT_SIGNED_IN',
    message: expect.stringMatching(/401.*Bad credentials/),
  })
  const nobody = { GITHUB_API_URL: 'http://127.0.0.1:9', GH_TOKEN: 'x' }
  await expect(
    makePort({ ...withoutGh(), ...nobody }).git.createPr(repository.path, TEXT),
  ).rejects.toMatchObject({
    code: 'FORGE_UNAVAILABLE',
    message: expect.stringContaining('could not be reached'),
  })
})

test('[WS29] a token is shown to no other host', async () => {
  const api = await makeApi()
  const elsewhere = makeHosted('git@git.example.com:acme/site.git')
  const port = makePort({ ...withoutGh(), ...api.environment })
  expect(await port.git.createPr(elsewhere.repository.path, TEXT)).toMatchObject({ via: 'artifact' })
  expect(api.requests).toEqual([])
  const own = makePort({ ...withoutGh(), ...api.environment, GITHUB_SERVER_URL: 'https://git.example.com' })
  expect(await own.git.createPr(elsewhere.repository.path, TEXT)).toMatchObject({ created: true, via: 'api' })
})

test.each([
  ['https://github.com/acme/site.git', 'github.com acme site'],
  ['https://user:token@GitHub.com/acme/site', 'github.com acme site'],
  ['git@github.com:acme/site.js.git', 'github.com acme site.js'],
  ['ssh://git@ghe.example.com:2222/acme/site.git/', 'ghe.example.com acme site'],
  ['/srv/git/site.git', null],
  ['../site', null],
  ['file:///srv/site.git', null],
])('[WS28] the address %s names %s', (url, expected) => {
  const hosted = parseHosted(url)
  expect(hosted === null ? null : `${hosted.host} ${hosted.owner} ${hosted.name}`).toBe(expected)
})

/** Where no `gh` is signed in, whatever this machine has. */
function withoutGh(): Record<string, string> {
  return bareEnvironment(makeGh({ signedInTo: 'nowhere' }).folder)
}
