import { startScriptedModel } from '@holdfast/agents/testing'
import { expect, onTestFinished, test } from 'vitest'
import { holdfast, latestRun } from './support/command.ts'
import { triageProject } from './support/projects.ts'

test('05-triage: sorts an issue, repairs what does not fit, and drafts a reply', async () => {
  const model = await startScriptedModel({
    script: {
      rules: [
        { when: 'Sort this issue', steps: [{ text: '{"kind":"bug","urgent":"very"}' }] },
        { when: 'was not accepted', steps: [{ text: '{"kind":"bug","urgent":true}' }] },
        { when: '^Saving deletes my file$', steps: [{ text: 'We look at it today.' }] },
      ],
    },
  })
  onTestFinished(() => model.close())
  const project = await triageProject(model.url)
  const ended = await holdfast(project, ['run', 'triage', '--input', '{"issue":"Saving deletes my file"}'])
  expect(ended.code, ended.stderr).toBe(0)
  expect(JSON.parse(ended.stdout)).toEqual({
    kind: 'bug',
    urgent: true,
    promptVersion: 1,
    reply: 'We look at it today.',
  })
  const run = await latestRun(project)
  expect(run.steps.map(({ name, kind }) => `${kind} ${name}`)).toEqual(['prompt sort', 'prompt reply'])
  expect(run.artifacts).toMatchObject([{ name: 'reply.md' }])
  expect(JSON.stringify(model.calls.at(-1)?.body.messages)).toContain(
    'You answer an urgent bug for the team, in a friendly tone',
  )
})
