import type { Activity } from '@holdfast/engine'
import { activityKey } from '../progress/drawTree.ts'
import { oneLine } from '../output/format.ts'

/** As much of an answer that is still coming is kept, in characters. */
const KEPT = 2000

/** Last words of steps that are under way in this process. */
export class Activities {
  readonly #last = new Map<string, string>()
  /** Answers that come piece by piece, as far as they came. */
  readonly #coming = new Map<string, string>()

  get last(): ReadonlyMap<string, string> {
    return this.#last
  }

  /** Keeps the last line of what a step said. */
  readonly hear = (activity: Activity): void => {
    const key = activityKey(activity.runId, activity.stepKey)
    const line = this.#textOf(key, activity)
      .split('\n')
      .map(oneLine)
      .findLast((text) => text !== '')
    if (line !== undefined) this.#last.set(key, line)
  }

  #textOf(key: string, { kind, text }: Activity): string {
    if (kind !== 'delta') {
      this.#coming.delete(key)
      return text
    }
    const all = ((this.#coming.get(key) ?? '') + text).slice(-KEPT)
    this.#coming.set(key, all)
    return all
  }
}
