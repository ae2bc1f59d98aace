import type { CaseId } from '../driver/cases.ts'
import type { Sizes } from '../sizes.ts'

/** What a figure should be: the figure itself, or Holdfast's divided by the floor's. */
export interface Target {
  readonly of: 'figure' | 'ratio'
  readonly bound: 'at most' | 'at least'
  readonly value: number
}

/** One line of the table. */
export interface Row {
  readonly case: CaseId | 'START'
  readonly what: (sizes: Sizes) => string
  readonly figure: string
  readonly unit: string
  readonly target: Target | null
}

/** What a case has many of, and what they are called. */
const COUNTED: Readonly<Partial<Record<Row['case'], readonly [keyof Sizes, string]>>> = {
  W1: ['w1Steps', 'steps'],
  W1slow: ['w1Steps', 'steps'],
  W2: ['w2Runs', 'runs'],
  W2slow: ['w2Runs', 'runs'],
  W3: ['w3Runs', 'runs'],
  W4: ['w4Steps', 'steps'],
  W5: ['w5Runs', 'runs'],
  W6: ['w6Steps', 'steps'],
}

/** What was done instead of what was asked for, e.g. `300 runs`; empty where that is the same. */
export function sizeNote(row: Row, asked: Sizes, done: Sizes): string {
  const [size, unit] = COUNTED[row.case] ?? []
  return size === undefined || asked[size] === done[size] ? '' : `${done[size]} ${unit}`
}

const ratioAtMost = (value: number): Target => ({ of: 'ratio', bound: 'at most', value })
const ratioAtLeast = (value: number): Target => ({ of: 'ratio', bound: 'at least', value })
const atMost = (value: number): Target => ({ of: 'figure', bound: 'at most', value })
const atLeast = (value: number): Target => ({ of: 'figure', bound: 'at least', value })

/** The table, from top to bottom. */
export const ROWS: readonly Row[] = [
  {
    case: 'W1',
    what: (n) => `One run, ${n.w1Steps} steps one after the other: time per step`,
    figure: 'stepP50Us',
    unit: 'µs',
    target: ratioAtMost(1.5),
  },
  { case: 'W1', what: () => '… fsyncs per step', figure: 'syncsPerStep', unit: '', target: atMost(1.05) },
  {
    case: 'W1slow',
    what: () => '… each fsync 1 ms slower: time per step',
    figure: 'stepP50Us',
    unit: 'µs',
    target: null,
  },
  {
    case: 'W2',
    what: (n) => `${n.w2Runs} runs of ${n.w2Steps} steps: steps per second`,
    figure: 'stepsPerSecond',
    unit: '/s',
    target: ratioAtLeast(1 / 3),
  },
  { case: 'W2', what: () => '… fsyncs per step', figure: 'syncsPerStep', unit: '', target: atMost(0.05) },
  { case: 'W2', what: () => '… processor time per step', figure: 'cpuUsPerStep', unit: 'µs', target: null },
  { case: 'W2', what: () => '… bytes on disk per step', figure: 'bytesPerStep', unit: 'B', target: null },
  {
    case: 'W2slow',
    what: () => '… each fsync 1 ms slower: steps per second',
    figure: 'stepsPerSecond',
    unit: '/s',
    target: null,
  },
  {
    case: 'W3',
    what: () => 'From starting a run to its first step, median',
    figure: 'startP50Ms',
    unit: 'ms',
    target: ratioAtMost(2),
  },
  { case: 'W3', what: () => '… 99th percentile', figure: 'startP99Ms', unit: 'ms', target: null },
  {
    case: 'W4',
    what: (n) => `Killed after ${n.w4Steps} steps: from process start to the next step`,
    figure: 'resumeMs',
    unit: 'ms',
    target: ratioAtMost(3),
  },
  { case: 'W4', what: () => '… of it until the store is opened', figure: 'loadMs', unit: 'ms', target: null },
  {
    case: 'W4',
    what: () => '… finished steps that ran again',
    figure: 'stepsRepeated',
    unit: '',
    target: atMost(0),
  },
  {
    case: 'W5',
    what: (n) => `${n.w5Runs} runs that sleep for an hour: parked per second`,
    figure: 'parksPerSecond',
    unit: '/s',
    target: atLeast(3000),
  },
  {
    case: 'W5',
    what: () => '… bytes on disk per parked run',
    figure: 'diskBytesPerRun',
    unit: 'B',
    target: atMost(1500),
  },
  {
    case: 'W5',
    what: () => '… bytes in memory per parked run',
    figure: 'memoryBytesPerRun',
    unit: 'B',
    target: atMost(200),
  },
  {
    case: 'W5',
    what: () => '… processor of the idle process, more than without them',
    figure: 'idleCpuPercentMore',
    unit: '% of a core',
    target: atMost(0.2),
  },
  {
    case: 'W6',
    what: (n) => `One run, ${n.w6Steps} steps at once: all of it`,
    figure: 'totalMs',
    unit: 'ms',
    target: ratioAtMost(2.5),
  },
  {
    case: 'REPLAY',
    what: (n) => `Replay of ${n.replaySteps} finished steps, with opening the store`,
    figure: 'openAndReplayMs',
    unit: 'ms',
    target: atMost(1000),
  },
  {
    case: 'START',
    what: () => '`holdfast run` in a git repository, to its first step',
    figure: 'firstStepMs',
    unit: 'ms',
    target: atMost(500),
  },
]
