import type { Activity } from '@holdfast/engine'
import { activityKey } from '../progress/drawTree.ts'
import { oneLine } from '../output/format.ts'

/** Last words of steps that are under way in this process. */
export class Activities {
  readonly #last = new Map<string, string>()

  get last(): ReadonlyMap<string, string> {
    return this.#last
  }

  /** Keeps the last line of what a step said. */
  readonly hear = (activity: Activity): void => {
    const line = activity.text
      .split('\n')
      .map(oneLine)
      .findLast((text) => text !== '')
    if (line !== undefined) this.#last.set(activityKey(activity.runId, activity.stepKey), line)
  }
}
