import { isTerminal } from '@holdfast/workflow-sdk'
import { formatCost, formatDuration, formatTokens, oneLine, shortId } from '../output/format.ts'
import type { Format } from '../output/style.ts'
import type { PlaceOf } from '../output/place.ts'
import { clip, clipStart, widthOf } from '../output/width.ts'
import type { RunTree } from './Follower.ts'
import { parentOf } from './parentOf.ts'
import type { RunProgress, StepProgress, UsageProgress } from './RunProgress.ts'

/** What a picture of a run depends on beside the run. */
export interface DrawOptions {
  /** Milliseconds since 1970. */
  readonly now: number
  /** Columns that a line may take. */
  readonly width: number
  /** Rows that the picture may take; finished steps are left out first. */
  readonly height: number
  /** Number of the picture; moves the sign of what is under way. */
  readonly frame: number
  readonly style: (format: Format | readonly Format[], text: string) => string
  /** Where an error comes from. */
  readonly place: PlaceOf
  /** Last words of what is under way, by run and step: see {@link activityKey}. */
  readonly activity: ReadonlyMap<string, string>
}

/** Key of a step in the map of activities. */
export function activityKey(runId: string, stepKey: string): string {
  return `${runId} ${stepKey}`
}

interface Line {
  readonly text: string
  /** Lines of finished steps may be left out when there is no room. */
  readonly finished: boolean
}

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** The lines that show a run, its steps and its children now. Pure. */
export function drawTree(tree: RunTree, rootId: string, options: DrawOptions): string[] {
  const run = tree.get(rootId)
  if (run === undefined) return []
  const steps = drawSteps(tree, run, 1, options)
  const lines = [...steps, ...drawWaits(run, 1, options)]
  return [headline(run, options), ...fit(lines, options), footer(run, options)]
}

function headline(run: RunProgress, { style, now }: DrawOptions): string {
  const end = run.endedAt === null ? now : Date.parse(run.endedAt)
  const branch = run.branch === null ? '' : style('dim', ` on ${run.branch}`)
  const duration = style('dim', formatDuration(end - Date.parse(run.startedAt ?? run.createdAt)))
  return `${style('bold', run.workflowName)} ${style('dim', shortId(run.runId))}${branch}  ${status(run, style)}  ${duration}`
}

function status(run: RunProgress, style: DrawOptions['style']): string {
  const format: Format =
    run.status === 'completed'
      ? 'green'
      : run.status === 'failed' || run.status === 'timed_out'
        ? 'red'
        : 'yellow'
  return style(format, run.status.replace('_', ' '))
}

function footer(run: RunProgress, { style }: DrawOptions): string {
  const done = [...run.steps.values()].filter((step) => step.status === 'completed').length
  const parts = [`${done}/${run.steps.size} steps`, ...usageParts(run.usage)]
  return style('dim', `  ${parts.join(' · ')}`)
}

function drawSteps(tree: RunTree, run: RunProgress, depth: number, options: DrawOptions): Line[] {
  const byParent = Map.groupBy(run.steps.values(), (step) => parentOf(run, step))
  const below = (parentKey: string | null, level: number): Line[] =>
    (byParent.get(parentKey) ?? []).flatMap((step) => {
      const child = step.childRunId === null ? undefined : tree.get(step.childRunId)
      const inner =
        child === undefined
          ? []
          : [...drawSteps(tree, child, level + 1, options), ...drawWaits(child, level + 1, options)]
      return [...drawStep(run, step, level, options), ...below(step.key, level + 1), ...inner]
    })
  return below(null, depth)
}

function drawStep(run: RunProgress, step: StepProgress, depth: number, options: DrawOptions): Line[] {
  const { style, now, width } = options
  const indent = '  '.repeat(depth)
  const asked = [...run.questions.values()].some((question) => question.stepKey === step.key)
  const finished = step.endedAt !== null
  const end = finished ? Date.parse(step.endedAt) : now
  // What is started and finished in one commit has one time for both; scopes do not count their own.
  const counted = step.attempt === 1 && step.childRunId === null ? (step.durationMs ?? 0) : 0
  const parts = [
    formatDuration(Math.max(counted, end - Date.parse(step.startedAt))),
    ...usageParts(step.usage),
  ]
  if (step.agent !== null) parts.push(step.agent.model ?? step.agent.agent)
  if (step.attempt > 1) parts.push(`attempt ${step.attempt}/${step.maxAttempts}`)
  if (step.status === 'retrying' && step.retryAt !== null && !asked) {
    parts.push(`again in ${formatDuration(Date.parse(step.retryAt) - now)}`)
  }
  const mark = asked ? style('yellow', '◷') : sign(step, options)
  const text = `${indent}${mark} ${clip(oneLine(step.name), width - indent.length - 12)}  `
  const lines = [{ text: text + style('dim', clip(parts.join(' · '), width - widthOf(text))), finished }]
  const said = options.activity.get(activityKey(run.runId, step.key))
  const words = step.error !== null ? oneLine(step.error.message) : finished ? undefined : said
  if (words !== undefined && words !== '') {
    const room = width - indent.length - 4
    const format: Format = step.error === null ? 'cyan' : 'red'
    lines.push({
      text: `${indent}  ${style(format, clip(oneLine(words), room))}`,
      finished: finished && step.status !== 'failed',
    })
    const place = options.place(step.error)
    if (place !== null) lines.push(placeLine(indent, place, room, style))
  }
  return lines
}

/** Cut at its beginning: file and line are at its end. */
function placeLine(indent: string, place: string, room: number, style: DrawOptions['style']): Line {
  return { text: `${indent}  ${style('dim', `at ${clipStart(place, room - 3)}`)}`, finished: false }
}

function sign(step: StepProgress, { style, frame }: DrawOptions): string {
  switch (step.status) {
    case 'completed':
      return style('green', '✔')
    case 'failed':
      return style('red', '✖')
    case 'skipped':
      return style('dim', '↷')
    case 'cancelled':
      return style('yellow', '■')
    case 'retrying':
      return style('yellow', '↻')
    case 'pending':
      return style('dim', '·')
    case 'running':
      return style('cyan', SPINNER[frame % SPINNER.length]!)
  }
}

function drawWaits(run: RunProgress, depth: number, { style, now, width }: DrawOptions): Line[] {
  if (isTerminal(run.status)) return []
  const indent = '  '.repeat(depth)
  const until = (iso: string | null): string =>
    iso === null ? '' : `, ${formatDuration(Math.max(0, Date.parse(iso) - now))} left`
  const waits = [...run.waits.values()]
    .filter((wait) => wait.kind !== 'child')
    .map(
      (wait) =>
        `waiting for ${wait.kind === 'timer' ? 'a timer' : `${wait.kind} ${oneLine(wait.detail)}`}${until(wait.until)}`,
    )
  const questions = [...run.questions.values()].map(
    (question) => `asks: ${oneLine(question.title)}${until(question.until)}`,
  )
  return [...waits, ...questions].map((text) => ({
    text: `${indent}${style('yellow', '◷')} ${clip(text, width - indent.length - 2)}`,
    finished: false,
  }))
}

/** Leaves out the oldest finished steps until the picture has room. */
function fit(lines: readonly Line[], { height, style }: DrawOptions): string[] {
  let surplus = lines.length - Math.max(3, height - 2)
  if (surplus <= 0) return lines.map((line) => line.text)
  // The line that says so takes room too.
  surplus += 1
  let left = 0
  const kept = lines.filter((line) => {
    if (!line.finished || left >= surplus) return true
    left += 1
    return false
  })
  const shown = kept.slice(-Math.max(3, height - 3)).map((line) => line.text)
  return [style('dim', `  … ${lines.length - shown.length} more lines`), ...shown]
}

function usageParts(usage: UsageProgress): string[] {
  if (usage.tokens === 0 && usage.unknownCosts === 0 && usage.costUsd === null) return []
  const cost = formatCost(usage.costUsd)
  return [
    `${formatTokens(usage.tokens)} tokens`,
    usage.costUsd !== null && usage.unknownCosts > 0 ? `${cost} + unknown` : cost,
  ]
}
