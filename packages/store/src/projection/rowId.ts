/** Id of the row that an event makes, `index` counting the rows of the event from 0 (J4). */
export function rowId(event: { readonly runId: string; readonly sequence: number }, index = 0): string {
  return `${event.runId}.${event.sequence}.${index}`
}
