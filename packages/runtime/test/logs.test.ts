import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LogLine } from '@holdfast/workflow-sdk/ports'
import { createWorkflow } from '@holdfast/workflow-sdk'
import { expect, test } from 'vitest'
import { LogWriter } from '../src/files/LogWriter.ts'
import { executionsOf, runLogFile } from '../src/files/layout.ts'
import { RunFiles } from '../src/files/RunFiles.ts'
import { holdfastOn } from './open.ts'
import { temporaryProject } from './project.ts'

function line(runId: string, message: string, more: Partial<LogLine> = {}): LogLine {
  return {
    runId,
    stepId: null,
    stepNumber: null,
    stepName: null,
    level: 'info',
    message,
    data: null,
    ...more,
  }
}

async function pendingRun() {
  const holdfast = await holdfastOn(temporaryProject({}, { git: true }))
  const run = await holdfast.start(createWorkflow({ name: 'a' }, async () => 1))
  const trouble: string[] = []
  const files = new RunFiles({
    store: holdfast.store,
    project: async () => holdfast.project,
    onTrouble: (message) => trouble.push(message),
  })
  return {
    holdfast,
    run,
    files,
    trouble,
    log: runLogFile(executionsOf(holdfast.store, holdfast.project), run.id),
  }
}

test('lines come in order to the file and the store; what JSON cannot say is named', async () => {
  const { holdfast, run, files, trouble, log } = await pendingRun()
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  files.log(line(run.id, 'one', { data: cycle }))
  files.log(line(run.id, `two\0\uD800${'x'.repeat(70_000)}`))
  await files.flushLogs()
  files.log(line(run.id, 'three'))
  await files.flushLogs()
  const texts = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as { message: string; data?: object })
  expect(texts.map((text) => text.message.slice(0, 5))).toEqual(['one', 'two\u2400\uFFFD', 'three'])
  expect(texts[0]!.data).toMatchObject({ unserializable: expect.stringContaining('circular') })
  expect(texts[1]!.message).toMatch(/more characters\)$/)
  const rows = await holdfast.store.listWorkflowLogs({ runId: run.id })
  expect(rows.map((row) => [row.sequence, row.message.slice(0, 3)])).toEqual([
    [1, 'one'],
    [2, 'two'],
    [3, 'thr'],
  ])
  expect(trouble).toEqual([])
})

test('a file that cannot be written costs its lines, not the rows, and is told', async () => {
  const { holdfast, run, files, trouble, log } = await pendingRun()
  mkdirSync(dirname(dirname(log)), { recursive: true })
  writeFileSync(dirname(log), 'a file in the way')
  files.log(line(run.id, 'one'))
  await files.flushLogs()
  expect((await holdfast.store.listWorkflowLogs({ runId: run.id })).map((row) => row.message)).toEqual([
    'one',
  ])
  expect(trouble).toEqual([expect.stringMatching(/could not be written to the files: .*(EEXIST|ENOTDIR)/)])
})

test('lines of a run that is gone are told and forgotten', async () => {
  const { files, trouble } = await pendingRun()
  files.log(line('nobody', 'one'))
  await files.flushLogs()
  expect(trouble.length).toBeGreaterThan(0)
})

test('more lines than can wait are dropped and counted', async () => {
  const { holdfast, run, trouble, log } = await pendingRun()
  const writer = new LogWriter({
    store: holdfast.store,
    projectOf: async () => holdfast.project,
    onTrouble: (message) => trouble.push(message),
    maxPending: 3,
  })
  for (let index = 0; index < 10; index++) writer.write(line(run.id, String(index)))
  await writer.flush()
  expect(readFileSync(log, 'utf8').trim().split('\n')).toHaveLength(3)
  expect(trouble).toEqual(['7 log lines were dropped: the disk is slower than the runs.'])
})

test('paths of steps and sessions are relative to the project and made of safe names', async () => {
  const { holdfast, run, files } = await pendingRun()
  const { project } = holdfast
  expect(files.stepLogPath(project, run.id, 3, 'run tests / unit')).toBe(
    `.agent/workflows/executions/${run.id}/logs/step-3-run-tests-unit.log`,
  )
  const session = await files.sessionFile(project, run.id, `${run.id}.5.0`, 'plan it')
  expect(session.relative).toBe(
    `.agent/workflows/executions/${run.id}/artifacts/${run.id}.5.0/plan-it.session.jsonl`,
  )
  writeFileSync(session.absolute, '')
})
