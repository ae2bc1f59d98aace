import type { JournalEvent } from '@holdfast/workflow-sdk'
import type { LogLine } from '@holdfast/workflow-sdk/ports'
import type { Io } from '../io.ts'
import { formatTime, oneLine, shortId } from '../output/format.ts'
import type { PlaceOf } from '../output/place.ts'
import { styled } from '../output/style.ts'
import { wrap } from '../output/wrap.ts'
import { drawTree } from '../progress/drawTree.ts'
import type { Follower } from '../progress/Follower.ts'
import { LiveView } from '../progress/LiveView.ts'
import { plainLine, said } from '../progress/plainLine.ts'
import type { RunProgress } from '../progress/RunProgress.ts'
import type { Activities } from './Activities.ts'

/** Shows how a run goes on, on stderr. */
export interface ProgressView {
  /** Says where errors come from, from now on. */
  readonly tellPlaces: (place: PlaceOf) => void
  /** One more event, in order. */
  readonly event: (event: JournalEvent, run: RunProgress) => void
  /** A log line. */
  readonly log: (line: LogLine) => void
  /** Begins to show what `follower` knows. */
  readonly begin: (follower: Follower) => void
  /** Makes room for a question; {@link ProgressView.go} shows the progress again. */
  readonly hold: () => void
  readonly go: () => void
  /** The last picture. */
  readonly end: () => void
}

/** Columns of a time of day and the space after it. */
const TIME_COLUMNS = 9

/** How often durations tick and the sign of what is under way moves, in milliseconds. */
const TICK_MS = 100

/**
 * A tree that is redrawn in place on a terminal, one line per event elsewhere.
 * @param since ISO time; lines leave out what happened before.
 */
export function createProgressView(io: Io, activities: Activities, since = ''): ProgressView {
  return io.stderr.isTTY === true && io.env.TERM !== 'dumb' ? liveView(io, activities) : plainView(io, since)
}

function plainView(io: Io, since: string): ProgressView {
  const say = (line: string): void => void io.stderr.write(`${line}\n`)
  let place: PlaceOf = () => null
  let rootId: string | undefined
  return {
    tellPlaces: (tell) => (place = tell),
    event: (event, run) => {
      // Children are read after the run that started them.
      rootId ??= run.runId
      const line = event.timestamp < since ? null : plainLine(event, run, place, rootId)
      if (line !== null) say(line)
    },
    log: (line) => say(logText(line)),
    begin: ({ root }) => {
      if (root.createdAt < since) say(`${formatTime(since)} ${soFar(root)}`)
    },
    hold: () => {},
    go: () => {},
    end: () => {},
  }
}

function soFar(run: RunProgress): string {
  const done = [...run.steps.values()].filter((step) => step.status === 'completed').length
  return `run ${shortId(run.runId)} (${run.workflowName}) so far: ${done} of ${run.steps.size} steps completed`
}

function liveView(io: Io, activities: Activities): ProgressView {
  const view = new LiveView(io.stderr)
  const style = styled(io.stderr)
  let follower: Follower | null = null
  let timer: NodeJS.Timeout | null = null
  let frame = 0
  let place: PlaceOf = () => null
  const draw = (height = (io.stderr.rows ?? 24) - 1): void => {
    if (follower === null) return
    const width = (io.stderr.columns ?? 80) - 1
    const now = Date.now()
    view.show(
      drawTree(follower.tree, follower.rootId, {
        now,
        width,
        height,
        frame,
        style,
        activity: activities.last,
        place,
      }),
    )
  }
  const go = (): void => {
    draw()
    timer ??= setInterval(() => {
      frame += 1
      draw()
    }, TICK_MS)
  }
  const hold = (): void => {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  return {
    tellPlaces: (tell) => (place = tell),
    event: (event) => {
      const words = wordsOf(event)
      if (timer !== null && words !== null) {
        const text = `${style('dim', formatTime(event.timestamp))} ${words}`
        view.print(wrap(io.stderr, text, TIME_COLUMNS))
      }
    },
    log: (line) => {
      const text = wrap(io.stderr, logText(line), TIME_COLUMNS)
      if (timer !== null) view.print(text)
      else if (follower === null) io.stderr.write(`${text}\n`)
    },
    begin: (followed) => {
      follower = followed
      go()
    },
    hold: () => {
      hold()
      view.clear()
    },
    go,
    end: () => {
      hold()
      // Nothing is redrawn any more, so the whole picture may scroll by.
      if (follower !== null && follower.root.sequence > 0) {
        view.clear()
        draw(Number.MAX_SAFE_INTEGER)
      }
      view.done()
    },
  }
}

/** What stays above the tree: remarks, and what people and the agents that they talk to say. */
function wordsOf(event: JournalEvent): string | null {
  if (event.type === 'comment.added') return oneLine(event.payload.message)
  if (event.type !== 'message.added' || event.payload.messageType === 'workflow_start') return null
  return event.payload.role === 'user' || event.payload.messageType === 'answer' ? said(event.payload) : null
}

function logText(line: LogLine): string {
  const step = line.stepName === null ? '' : ` ${oneLine(line.stepName)}:`
  const data = line.data === null ? '' : ` ${JSON.stringify(line.data)}`
  return `${formatTime(new Date().toISOString())} ${line.level}${step} ${oneLine(line.message)}${data}`
}
