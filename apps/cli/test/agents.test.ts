import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { holdfast, repository } from './world.ts'

test('[CL20] agents and doctor say of each agent whether it is there, its version and sign-in, and what it can do', async () => {
  const cwd = repository()
  const program = join(cwd, 'gemini')
  writeFileSync(program, '#!/bin/sh\necho 0.61.0\n')
  chmodSync(program, 0o755)
  const env = {
    PATH: `${cwd}${delimiter}${process.env['PATH']}`,
    GEMINI_API_KEY: 'k',
    HOLDFAST_CLAUDE_COMMAND: 'no-such-program',
  }
  const { code, stdout } = await holdfast(cwd, ['agents', '--json'], { env })
  expect(code).toBe(0)
  const agents = JSON.parse(stdout) as { name: string }[]
  const named = (name: string) => agents.find((agent) => agent.name === name)
  expect(named('gemini')).toMatchObject({
    installed: true,
    version: '0.61.0',
    signedIn: true,
    detail: expect.stringContaining(program),
    capabilities: { resume: true, maxTurns: false, permissionModes: ['plan', 'edit', 'full'] },
  })
  expect(named('claude')).toMatchObject({ installed: false, version: null })

  const { stdout: lines } = await holdfast(cwd, ['agents'], { env })
  const line = lines.split('\n').find((one) => one.startsWith('gemini'))
  expect(line).toMatch(/^gemini +yes +0\.61\.0 +yes +resume, schema, allowedTools +/)
  expect(lines).toMatch(/^claude +no +- +/m)

  const { stdout: checks } = await holdfast(cwd, ['doctor', '--json'], { env })
  expect(JSON.parse(checks)).toContainEqual(
    expect.objectContaining({
      name: 'agent:gemini',
      status: 'ok',
      detail: expect.stringContaining('0.61.0'),
    }),
  )
  expect(JSON.parse(checks)).toContainEqual(
    expect.objectContaining({ name: 'agent:claude', status: 'warning' }),
  )
})
