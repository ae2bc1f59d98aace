import { createInterface, type Interface } from 'node:readline'
import { isAnybodyAtWork, type Holdfast } from '@holdfast/runtime'
import { isTerminal, WorkflowError, type JournalEvent } from '@holdfast/workflow-sdk'
import { isInteractive, type Io } from '../io.ts'
import { conversationLine } from '../output/conversation.ts'
import { errorDocument } from '../output/formatError.ts'
import { asCalled } from '../output/asCalled.ts'
import { formatTime, oneLine, shortId } from '../output/format.ts'
import { placesIn } from '../output/place.ts'
import { Follower } from '../progress/Follower.ts'
import { plainLine } from '../progress/plainLine.ts'
import { waitsForPerson } from '../progress/waitsForPerson.ts'
import { openQuestions } from './Questions.ts'
import { speak, TALK_HELP } from './speak.ts'

/** Why a talk ended: the run is over, only a person can go on and nobody is left to say something, or the person left. */
export type TalkEnd = 'finished' | 'person' | 'left'

/** Messages of the past that are shown at the beginning. */
const EARLIER = 10

/** Follows a run line by line and says to it what is typed. Executes nothing. */
export class Talk {
  readonly #io: Io
  readonly #holdfast: Holdfast
  readonly #runId: string
  readonly #by: string | null
  readonly #follower: Follower
  readonly #end = Promise.withResolvers<TalkEnd>()
  readonly #since = new Date().toISOString()
  readonly #asked = new Set<string>()
  #lines: Interface | null = null
  /** Nothing more is typed. */
  #silent = false
  /** What was typed is said in its order. */
  #saying: Promise<void> = Promise.resolve()

  constructor(io: Io, holdfast: Holdfast, runId: string, by: string | null) {
    this.#io = io
    this.#holdfast = holdfast
    this.#runId = runId
    this.#by = by
    const place = placesIn(holdfast.project.path, io.cwd)
    this.#follower = new Follower(holdfast.store, runId, (event, run) => {
      const line = this.#isNew(event) ? plainLine(event, run, place) : null
      if (line !== null) this.#print(line)
    })
  }

  async hold(): Promise<TalkEnd> {
    const { signals } = this.#io
    signals.on('SIGINT', this.#leave)
    signals.on('SIGTERM', this.#leave)
    try {
      await this.#follower.start()
      await this.#begin()
      this.#listen()
      const unlisten = this.#follower.onChange(() => this.#look())
      this.#look()
      const end = await Promise.race([this.#end.promise, this.#follower.lost])
      unlisten()
      return end
    } finally {
      signals.off('SIGINT', this.#leave)
      signals.off('SIGTERM', this.#leave)
      this.#lines?.close()
      this.#follower.stop()
    }
  }

  #isNew({ timestamp }: JournalEvent): boolean {
    return timestamp >= this.#since
  }

  async #begin(): Promise<void> {
    const { root } = this.#follower
    this.#print(
      `${formatTime(this.#since)} run ${shortId(root.runId)} (${root.workflowName}) is ${root.status}`,
    )
    const messages = await this.#holdfast.store.listMessages({ runId: this.#runId })
    for (const message of messages.slice(-EARLIER))
      if (message.created_at < this.#since) this.#print(conversationLine(message))
    if (isTerminal(root.status)) return
    if (isInteractive(this.#io))
      this.#print('What you type goes to its agent; /help says more, Ctrl-C leaves.')
    if (!(await isAnybodyAtWork(this.#holdfast.store)))
      this.#print(`Nobody works on it. It goes on with: ${this.#io.called} resume ${shortId(root.runId)}`)
  }

  #listen(): void {
    const { stdin, stderr } = this.#io
    const terminal = isInteractive(this.#io)
    if (isTerminal(this.#follower.root.status)) return
    const lines = createInterface({
      input: stdin,
      ...(terminal ? { output: stderr, terminal } : {}),
      prompt: '> ',
    })
    this.#lines = lines
    lines.on('line', (line) => this.#typed(line))
    lines.on('SIGINT', this.#leave)
    lines.on('close', () => {
      this.#lines = null
      this.#saying = this.#saying.then(() => {
        this.#silent = true
        if (terminal) this.#leave()
        this.#look()
      })
    })
    this.#prompt()
  }

  #typed(line: string): void {
    this.#saying = this.#saying.then(async () => {
      try {
        const outcome = await speak(this.#holdfast, this.#runId, this.#by, line)
        if (outcome === 'leave') return this.#leave()
        if (outcome === 'help') for (const help of TALK_HELP) this.#print(help)
      } catch (error) {
        if (!WorkflowError.is(error)) return this.#end.reject(error)
        this.#print(`${asCalled(this.#io, errorDocument(error).error.message)} [${error.code}]`)
      }
      this.#prompt()
    })
  }

  #look(): void {
    const { root, tree } = this.#follower
    if (isTerminal(root.status)) return this.#end.resolve('finished')
    for (const question of openQuestions(tree)) {
      const id = `${question.runId} ${question.key} ${question.revision}`
      if (this.#asked.has(id)) continue
      this.#asked.add(id)
      const choices = question.choices.length > 0 ? `/answer ${question.choices.join(' | ')}` : null
      const how = choices ?? (question.kind === 'question' ? '/answer VALUE' : '/approve or /reject')
      this.#print(`It asks: ${oneLine(question.title)} → ${how}`)
    }
    if (this.#silent && waitsForPerson(tree, this.#runId)) this.#end.resolve('person')
  }

  /** A line above what is being typed. */
  #print(line: string): void {
    const { stderr } = this.#io
    const typing = this.#lines !== null && isInteractive(this.#io)
    stderr.write(typing ? `\r\u001B[K${line}\n` : `${line}\n`)
    this.#prompt()
  }

  #prompt(): void {
    if (isInteractive(this.#io)) this.#lines?.prompt(true)
  }

  readonly #leave = (): void => {
    this.#print('Left; the run goes on.')
    this.#end.resolve('left')
  }
}
