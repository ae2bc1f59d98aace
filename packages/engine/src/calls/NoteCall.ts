import { CancelledError } from '@holdfast/workflow-sdk'
import type { NewJournalEvent } from '@holdfast/workflow-sdk/journal'
import type { Execution } from '../execution/Execution.ts'
import type { NoteRecord, Place } from '../journal/records.ts'
import type { Scope } from '../scopes/Scope.ts'
import { BaseCall } from './BaseCall.ts'

/** A call that is over the moment its one event is durable: a comment, an artifact. */
export class NoteCall<T> extends BaseCall<T, NoteRecord> {
  readonly #make: () => Promise<NewJournalEvent>
  readonly #read: (record: NoteRecord) => T

  constructor(
    x: Execution,
    scope: Scope,
    key: string,
    make: () => Promise<NewJournalEvent>,
    read: (record: NoteRecord) => T,
  ) {
    super(x, scope, key)
    this.#make = make
    this.#read = read
  }

  protected get identity(): { readonly is: 'note'; readonly hash: string } {
    return { is: 'note', hash: '' }
  }

  protected get label(): { readonly kind: string; readonly name: string } {
    return { kind: 'note', name: this.key }
  }

  resultPlace(record: NoteRecord): Place | null {
    return record.place
  }

  deliver(record: NoteRecord): void {
    this.close()
    this.resolve(this.#read(record))
  }

  protected start(): void {
    this.status = { is: 'live' }
    this.#write().catch((error: unknown) => {
      if (this.x.closed !== null) return
      this.close()
      this.reject(error)
    })
  }

  protected async giveUp(reason: string): Promise<void> {
    if (!this.unstage()) return
    this.close()
    this.reject(new CancelledError(`The call was given up: ${reason}`, { details: { key: this.key } }))
  }

  async #write(): Promise<void> {
    await this.x.journal.commit(await this.x.track(this.#make()))
  }
}
