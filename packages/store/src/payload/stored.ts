import type { Json, StoredValue } from '@holdfast/workflow-sdk/journal'

/**
 * The two columns of a stored value. `undefined`: both null. An inline value: its JSON text (JSON null is
 * the text `null`). A blob: `{"hash":…,"bytes":…}` in the second, so that no inline value can look like one.
 */
export interface StoredColumns {
  readonly json: string | null
  readonly blob: string | null
}

const texts = new WeakMap<StoredValue, StoredColumns>()

/** The columns of a value; its text is made once, however often it is asked for. */
export function toColumns(value: StoredValue): StoredColumns {
  const known = texts.get(value)
  if (known !== undefined) return known
  const columns: StoredColumns = {
    json: value.blob !== undefined || value.json === undefined ? null : JSON.stringify(value.json),
    blob: value.blob === undefined ? null : JSON.stringify(value.blob),
  }
  texts.set(value, columns)
  return columns
}

/** The value that lies in two columns. */
export function fromColumns(json: string | null, blob: string | null): StoredValue {
  if (blob !== null) return { blob: JSON.parse(blob) as NonNullable<StoredValue['blob']> }
  return json === null ? {} : { json: JSON.parse(json) as Json }
}
