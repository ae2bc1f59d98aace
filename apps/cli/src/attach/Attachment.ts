import type { Worker } from '@holdfast/engine'
import type { Holdfast } from '@holdfast/runtime'
import { isTerminal, WorkflowError } from '@holdfast/workflow-sdk'
import { isCancel, select } from '@clack/prompts'
import type { Io } from '../io.ts'
import { Follower, type OnEvent } from '../progress/Follower.ts'
import { waitsForPerson } from '../progress/waitsForPerson.ts'
import { Interruptions, type Interruption } from './Interruptions.ts'
import type { ProgressView } from './ProgressView.ts'
import { openQuestions, questionId, settleQuestion, type OpenQuestion } from './Questions.ts'

/** How an attachment works. */
export interface AttachOptions {
  readonly io: Io
  readonly holdfast: Holdfast
  readonly runId: string
  /** Executes the run here, unless another worker has it. */
  readonly worker: Worker
  readonly view: ProgressView
  /** Whether questions are asked here. */
  readonly interactive: boolean
  readonly by: string | null
}

/** Why an attachment ended. */
export type AttachEnd = 'finished' | 'person' | 'left'

/**
 * Stays with a run until it is over, only a person can go on, or the person leaves. Executes it here unless
 * another worker does; follows it from its journal either way.
 */
export async function attach(options: AttachOptions): Promise<AttachEnd> {
  return await new Attachment(options).run()
}

class Attachment {
  readonly #options: AttachOptions
  readonly #follower: Follower
  readonly #interruptions: Interruptions
  readonly #end = Promise.withResolvers<AttachEnd>()
  /** Questions that the person wants to answer another time. */
  readonly #later = new Set<string>()
  /** Questions with an answer that the journal does not show here yet. */
  readonly #answered = new Set<string>()
  #asking: { readonly id: string; readonly stop: AbortController } | null = null
  #over = false

  constructor(options: AttachOptions) {
    const { holdfast, runId, view, io } = options
    const onEvent: OnEvent = (event, run) => view.event(event, run)
    this.#options = options
    this.#follower = new Follower(holdfast.store, runId, onEvent)
    this.#interruptions = new Interruptions(io, (what) => this.#attend(this.#interrupted(what)))
  }

  async run(): Promise<AttachEnd> {
    const { worker, view } = this.#options
    try {
      await this.#follower.start()
      view.begin(this.#follower)
      const unlisten = this.#follower.onChange(() => this.#look())
      this.#look()
      const end = await Promise.race([this.#end.promise, this.#follower.lost])
      unlisten()
      if (end !== 'finished') await worker.stop()
      return end
    } finally {
      this.#over = true
      this.#asking?.stop.abort()
      this.#interruptions.stop()
      view.end()
      this.#follower.stop()
    }
  }

  /** Whatever goes wrong on the side ends the attachment with its error. */
  #attend(work: Promise<void>): void {
    work.catch((error: unknown) => this.#end.reject(error))
  }

  #look(): void {
    if (this.#over) return
    const { runId, interactive } = this.#options
    const { root, tree } = this.#follower
    if (isTerminal(root.status)) return this.#end.resolve('finished')
    if (this.#asking !== null) {
      if (!stillOpen(this.#follower, this.#asking.id)) this.#asking.stop.abort()
      return
    }
    const open = openQuestions(tree)
    if (open.some((question) => this.#answered.has(questionId(question)))) return
    const question = interactive ? open.find((asked) => !this.#later.has(questionId(asked))) : undefined
    if (question !== undefined) this.#attend(this.#ask(question))
    else if (waitsForPerson(tree, runId)) this.#end.resolve('person')
  }

  async #ask(question: OpenQuestion): Promise<void> {
    const { io, holdfast, by, view } = this.#options
    const asking = { id: questionId(question), stop: new AbortController() }
    this.#asking = asking
    view.hold()
    const outcome = await settleQuestion(
      io,
      holdfast.engine,
      holdfast.store,
      question,
      by,
      asking.stop.signal,
    )
    if (outcome === 'later') this.#later.add(asking.id)
    else if (outcome !== 'interrupted' && !asking.stop.signal.aborted) this.#answered.add(asking.id)
    if (this.#over || this.#asking !== asking) return
    this.#asking = null
    if (outcome === 'interrupted') return this.#interruptions.interrupt()
    view.go()
    this.#look()
  }

  async #interrupted(what: Interruption): Promise<void> {
    const { io, holdfast, runId, interactive, by } = this.#options
    if (what === 'terminate') return this.#leave()
    if (what === 'again') {
      io.stderr.write('Killing the run.\n')
      await finishedIsFine(holdfast.engine.kill(runId, { by }))
      return
    }
    if (!interactive) {
      io.stderr.write('Leaving; the run is handed back. Interrupt again to kill it.\n')
      return this.#leave()
    }
    await this.#chooseEnd()
  }

  async #chooseEnd(): Promise<void> {
    const { io, holdfast, runId, view, by } = this.#options
    const stop = new AbortController()
    this.#asking?.stop.abort()
    const asking = { id: '', stop }
    this.#asking = asking
    view.hold()
    const choice = await select({
      input: io.stdin,
      output: io.stderr,
      signal: stop.signal,
      message: 'Stop here? (Ctrl-C again kills the run)',
      options: [
        { value: 'leave', label: 'Park and leave', hint: `go on later with ${io.called} resume` },
        { value: 'cancel', label: 'Cancel the run', hint: 'its clean-up runs' },
        { value: 'stay', label: 'Go on' },
      ],
    })
    if (this.#over || this.#asking !== asking) return
    this.#asking = null
    view.go()
    if (choice === 'leave') return this.#leave()
    if (choice === 'cancel') await finishedIsFine(holdfast.engine.cancel(runId, { by }))
    else if (choice === 'stay') this.#interruptions.forget()
    else if (isCancel(choice) && !stop.signal.aborted) return this.#interruptions.interrupt()
    this.#look()
  }

  #leave(): void {
    this.#end.resolve('left')
  }
}

function stillOpen(follower: Follower, id: string): boolean {
  return id === '' || openQuestions(follower.tree).some((question) => questionId(question) === id)
}

/** A run that ended in the same moment needs no ending. */
async function finishedIsFine(request: Promise<unknown>): Promise<void> {
  try {
    await request
  } catch (error) {
    if (!WorkflowError.has(error, 'RUN_FINISHED')) throw error
  }
}
