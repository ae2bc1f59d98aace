import { expect, test } from 'vitest'
import { activityKey, drawTree, type DrawOptions } from '../src/progress/drawTree.ts'
import { plainLine } from '../src/progress/plainLine.ts'
import { reduceRun } from '../src/progress/reduceRun.ts'
import { emptyProgress } from '../src/progress/RunProgress.ts'
import { waitsForPerson } from '../src/progress/waitsForPerson.ts'
import { errorRecord, journal, progressOf, START, started } from './events.ts'

const nowhere = (): null => null
const USAGE = { inputTokens: 1000, outputTokens: 234, provider: 'p', model: 'm', stepKey: 'plan' }
const EVENTS = journal([
  ['run.created', { workflowName: 'deliver' }],
  ['run.started', {}],
  ['workspace.created', { path: '.', branch: 'main', git: {} }],
  started('plan', { kind: 'agent' }),
  ['agent.started', { stepKey: 'plan', agent: 'claude', model: null }],
  ['agent.updated', { stepKey: 'plan', model: 'opus' }],
  ['usage.recorded', { ...USAGE, costUsd: 0.02 }],
  ['usage.recorded', { ...USAGE, costUsd: null }],
  ['step.completed', { key: 'plan', attempt: 1, durationMs: 5000, output: {} }],
  started('build', { stepNumber: 2 }),
  started('build/test', { parentKey: 'build', stepNumber: 3 }),
  [
    'step.retrying',
    {
      key: 'build/test',
      attempt: 1,
      error: errorRecord('3 tests\nfail'),
      retryAt: new Date(START + 20_000).toISOString(),
    },
  ],
  started('build/test', { parentKey: 'build', attempt: 2, stepNumber: 3 }),
  ['wait.started', { key: 'w', kind: 'event', detail: 'deploy.done', until: null }],
  [
    'approval.requested',
    {
      key: 'q',
      kind: 'approval',
      name: 'ship',
      title: 'Ship it?',
      body: '',
      revision: 1,
      choices: [],
      answerSchema: null,
      stepKey: null,
      until: null,
    },
  ],
])

function draw(events = EVENTS, options: Partial<DrawOptions> = {}) {
  const run = progressOf(events)
  return drawTree(new Map([[run.runId, run]]), run.runId, {
    now: START + 15_000,
    width: 100,
    height: 50,
    frame: 0,
    style: (_, text) => text,
    activity: new Map(),
    place: nowhere,
    ...options,
  })
}

test('the reducer follows steps, attempts, agents and usage', () => {
  const run = progressOf(EVENTS)
  expect(run).toMatchObject({ workflowName: 'deliver', status: 'running', branch: 'main', sequence: 15 })
  expect(run.usage).toEqual({ tokens: 2468, costUsd: 0.02, unknownCosts: 1 })
  expect(run.steps.get('plan')).toMatchObject({
    status: 'completed',
    agent: { agent: 'claude', model: 'opus' },
    usage: { tokens: 2468 },
  })
  expect(run.steps.get('build/test')).toMatchObject({
    status: 'running',
    attempt: 2,
    retryAt: null,
    error: null,
  })
  expect([...run.waits.keys(), ...run.questions.keys()]).toEqual(['w', 'q'])
})

test('an event that was read already changes nothing', () => {
  const run = progressOf(EVENTS)
  expect(reduceRun(run, EVENTS[3]!)).toBe(run)
})

test('waits and questions are gone once they are settled, and all of them when the run is over', () => {
  const settled = [
    ...EVENTS,
    ...journal([
      ['wait.satisfied', { key: 'w', how: 'event' }],
      ['approval.answered', { key: 'q', approved: true }],
    ]).map((event, index) => ({ ...event, sequence: 16 + index })),
  ]
  const run = progressOf(settled)
  expect([run.waits.size, run.questions.size]).toEqual([0, 0])
  const failed = progressOf([
    ...EVENTS,
    { ...journal([['run.failed', { error: errorRecord('no') }]])[0]!, sequence: 16 },
  ])
  expect(failed).toMatchObject({ status: 'failed', error: { message: 'no' } })
  expect([failed.waits.size, failed.questions.size]).toEqual([0, 0])
})

test.each([
  ['run.completed', { result: 'ok' }, 'completed'],
  ['run.timed_out', { error: errorRecord('late') }, 'timed_out'],
  ['run.cancelled', { error: null }, 'cancelled'],
  ['run.killed', {}, 'killed'],
  ['run.paused', {}, 'paused'],
  ['run.cancel-requested', {}, 'cancelling'],
] as const)('%s is shown as it is', (type, payload, status) => {
  expect(progressOf(journal([['run.created', { workflowName: 'a' }], [type, payload] as never])).status).toBe(
    status,
  )
})

test('the tree shows nesting, attempts, durations, tokens and cost, waits and questions', () => {
  expect(
    draw(EVENTS, { activity: new Map([[activityKey('run-1', 'build/test'), 'running vitest']]) }),
  ).toEqual([
    'deliver run-1 on main  running  14s',
    '  ✔ plan  5.0s · 2.5k tokens · $0.0200 + unknown · opus',
    '  ⠋ build  6.0s',
    '    ⠋ test  5.0s · attempt 2/3',
    '      running vitest',
    '  ◷ waiting for event deploy.done',
    '  ◷ asks: Ship it?',
    '  1/3 steps · 2.5k tokens · $0.0200 + unknown',
  ])
})

test('a step that is tried again says why and when', () => {
  const lines = draw(EVENTS.slice(0, 12))
  expect(lines).toContain('    ↻ test  5.0s · again in 5.0s')
  expect(lines).toContain('      3 tests fail')
})

test('steps of a branch stand below the scope or race around them', () => {
  const events = journal([
    ['run.created', { workflowName: 'a' }],
    started('~all', { name: 'all', kind: 'scope' }),
    started('~all/left/lint', { name: 'lint' }),
    started('~all/left/lint@1/inner', { name: 'inner', parentKey: '~all/left/lint' }),
    started('~allother', { name: 'other' }),
  ])
  expect(
    draw(events)
      .slice(1, 5)
      .map((line) => line.split('  0ms')[0]!.replace(/ {2}\d.*/, '')),
  ).toEqual(['  ⠋ all', '    ⠋ lint', '      ⠋ inner', '  ⠋ other'])
  expect(plainLine(events[3]!, progressOf(events), nowhere)).toContain('step all > lint > inner started')
})

test('a step that a person is asked about waits for the person, not for a time', () => {
  const asked = [
    ...EVENTS.slice(0, 12),
    ...journal([
      [
        'approval.requested',
        {
          key: 'q',
          kind: 'failure',
          title: 'Step failed',
          body: '',
          revision: 1,
          choices: ['retry'],
          answerSchema: null,
          stepKey: 'build/test',
          until: null,
          name: 'test',
        },
      ],
    ]).map((event) => ({ ...event, sequence: 13 })),
  ]
  expect(draw(asked)).toContain('    ◷ test  5.0s')
})

test('what a file or agent prints cannot move the cursor or colour the screen', () => {
  const evil = journal([
    ['run.created', { workflowName: 'a' }],
    started('x', { name: 'a\u001B[2Jb\nc\u0007' }),
  ])
  expect(
    draw(evil, { activity: new Map([[activityKey('run-1', 'x'), '\u001B]0;t\u0007\u001B[31mred']]) }).join(
      '\n',
    ),
  ).not.toMatch(
    // oxlint-disable-next-line no-control-regex -- what must not be there
    /[\u0000-\u0009\u000B-\u001F]/,
  )
})

test('a small terminal gets the newest lines, finished steps are left out first', () => {
  const many = journal([
    ['run.created', { workflowName: 'a' }],
    started('open'),
    ...Array.from({ length: 30 }, (_, index) => [
      started(`s${index}`),
      ['step.completed', { key: `s${index}`, durationMs: 1, output: {} }] as const,
    ]).flat(),
  ] as never)
  const lines = draw(many, { height: 10 })
  expect(lines.length).toBeLessThanOrEqual(10)
  expect(lines[1]).toMatch(/… \d+ more lines/)
  expect(lines.join('\n')).toContain('open')
  expect(lines.at(-2)).toContain('s29')
})

test('long names and words are cut to the width, wide characters count twice', () => {
  const events = journal([['run.created', { workflowName: 'a' }], started('x', { name: '工'.repeat(80) })])
  const line = draw(events, { width: 40 })[1]!
  expect(line).toContain('…')
  expect(line.split('工').length).toBeLessThan(20)
})

test('the steps of a child stand below the step that started it', () => {
  const parent = progressOf(
    journal([
      ['run.created', { workflowName: 'parent' }],
      started('sub', { kind: 'child' }),
      ['child.started', { key: 'sub', childRunId: 'c', workflowName: 'child' }],
    ]),
  )
  const child = progressOf(journal([['run.created', { workflowName: 'child' }], started('inner')], 'c'))
  const tree = new Map([
    ['run-1', parent],
    ['c', child],
  ])
  const lines = drawTree(tree, 'run-1', {
    now: START,
    width: 80,
    height: 50,
    frame: 0,
    style: (_, text) => text,
    activity: new Map(),
    place: nowhere,
  })
  const [created, begun] = journal([['run.created', { workflowName: 'child' }], started('inner')], 'c')
  expect(plainLine(created!, child, nowhere, 'run-1')).toContain(' run c (child) created')
  expect(plainLine(begun!, child, nowhere, 'run-1')).toContain(' child c: step inner started')
  expect(lines[1]).toMatch(/^ {2}⠋ sub/)
  expect(lines[2]).toMatch(/^ {4}⠋ inner/)
})

test('without a terminal each event that matters is one line', () => {
  let run = emptyProgress('run-1')
  const lines = EVENTS.map((event) => {
    run = reduceRun(run, event)
    return plainLine(event, run, nowhere)?.slice(9) ?? null
  }).filter((line) => line !== null)
  expect(lines).toEqual([
    'run run-1 (deliver) created',
    'run run-1 (deliver) started',
    'step plan started',
    'step plan completed in 5.0s (2.5k tokens, $0.0200)',
    'step build started',
    'step build > test started',
    expect.stringMatching(/^step build > test failed and is tried again at .*: 3 tests fail$/),
    'step build > test attempt 2/3',
    'waits for event deploy.done',
    'asks: Ship it?',
  ])
})

test('plain lines tell the end, comments, artifacts, skips and cancellations', () => {
  const events = journal([
    ['run.created', { workflowName: 'a' }, 0],
    started('s'),
    ['comment.added', { message: 'look\nhere' }],
    ['artifact.created', { name: 'r.xml', storagePath: 'x/r.xml' }],
    ['step.skipped', { key: 's' }],
    ['step.failed', { key: 's', error: errorRecord('bad') }],
    ['step.cancelled', { key: 's' }],
    ['run.resumed', { cause: 'takeover' }],
    ['run.parked', { waitingFor: { reason: 'approval', since: '', until: null, detail: 'Ship?' } }],
    ['run.paused', {}],
    ['run.cancel-requested', {}],
    ['wait.started', { key: 'c', kind: 'child', detail: 'x', until: null }],
    ['wait.started', { key: 't', kind: 'timer', detail: 'nap', until: '2026-01-02T04:00:00.000Z' }],
    ['approval.answered', { key: 'q', approved: false, by: 'ada' }],
    ['run.completed', { result: 'ok' }, 61_000],
  ])
  let run = emptyProgress('run-1')
  const lines = events.map((event) => {
    run = reduceRun(run, event)
    return plainLine(event, run, nowhere)?.slice(9) ?? null
  })
  expect(lines).toEqual([
    'run run-1 (a) created',
    'step s started',
    'comment: look here',
    'artifact r.xml: x/r.xml',
    'step s skipped',
    'step s failed: bad',
    'step s cancelled',
    'run run-1 (a) goes on (takeover)',
    'run run-1 (a) waits: Ship?',
    'run run-1 (a) paused',
    'run run-1 (a) is being cancelled',
    null,
    'waits for timer nap until 2026-01-02T04:00:00.000Z',
    'answered: no by ada',
    'run run-1 (a) completed in 54s',
  ])
})

test('only a person can go on when every open part of the tree waits for one', () => {
  const waiting = (reason: string, runId: string, more: Parameters<typeof journal>[0] = []) =>
    progressOf(
      journal(
        [
          ['run.created', { workflowName: 'a' }],
          ...more,
          ['run.parked', { waitingFor: { reason, since: '', until: null, detail: '' } as never }],
        ],
        runId,
      ),
    )
  const child = (key: string, childRunId: string): Parameters<typeof journal>[0] => [
    started(key, { kind: 'child' }),
    ['child.started', { key, childRunId, workflowName: 'b' }],
  ]
  expect(waitsForPerson(new Map([['r', waiting('approval', 'r')]]), 'r')).toBe(true)
  expect(waitsForPerson(new Map([['r', waiting('timer', 'r')]]), 'r')).toBe(false)
  expect(waitsForPerson(new Map([['r', progressOf(EVENTS)]]), 'r')).toBe(false)
  const parent = waiting('child', 'r', [...child('x', 'c1'), ...child('y', 'c2')])
  const tree = (second: string) =>
    new Map([
      ['r', parent],
      ['c1', waiting('question', 'c1')],
      ['c2', waiting(second, 'c2')],
    ])
  expect(waitsForPerson(tree('failure'), 'r')).toBe(true)
  expect(waitsForPerson(tree('timer'), 'r')).toBe(false)
  expect(waitsForPerson(new Map([['r', progressOf(journal([['run.paused', {}]], 'r'))]]), 'r')).toBe(true)
})

test('[CL4] an error is told with its place, which is cut at its beginning where it is too long', () => {
  const failed = journal([
    ['run.created', { workflowName: 'deliver' }],
    started('build'),
    ['step.failed', { key: 'build', attempt: 1, durationMs: 5, error: errorRecord('no luck') }],
  ])
  const place = (): string => '../a/long/way/to/build.ts:12:5'
  expect(draw(failed, { place }).slice(2, 4)).toEqual([
    '    no luck',
    '    at ../a/long/way/to/build.ts:12:5',
  ])
  expect(draw(failed, { place, width: 24 })[3]).toBe('    at …/build.ts:12:5')
  expect(plainLine(failed[2]!, progressOf(failed), place)).toMatch(
    /step build failed: no luck \(at \.\.\/a\/long\/way\/to\/build\.ts:12:5\)$/,
  )
})
