/** A call of a model by a prompt step, written down before it is paid. */
export interface ModelCall {
  /** 0 for the first call of an attempt, then which repair of its answer. */
  readonly repair: number
  readonly provider: string
  readonly model: string
  /** Version of the prompt; null for one of the workflow's own. */
  readonly prompt: { readonly id: string; readonly name: string; readonly version: number } | null
  /** Of a repair: what the model had answered, and why that was not accepted. */
  readonly refused?: { readonly answer: string; readonly reason: string }
}
