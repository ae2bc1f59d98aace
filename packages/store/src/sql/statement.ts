/** A value that a statement is given. JSON is given as its text. */
export type SqlValue = string | number | boolean | null | Uint8Array

/**
 * A piece of SQL with its values, the same for every dialect: `pieces` has one more entry than `values`, which
 * stand between them. A statement stands inside another one as a whole.
 */
export class Statement {
  readonly pieces: readonly string[]
  readonly values: readonly SqlValue[]

  constructor(pieces: readonly string[], values: readonly SqlValue[]) {
    this.pieces = pieces
    this.values = values
  }

  /** Its text, with a placeholder for each value; they are numbered from 1. */
  text(placeholder: (number: number) => string): string {
    return this.pieces.map((piece, index) => (index === 0 ? piece : placeholder(index) + piece)).join('')
  }
}

/** SQL as a template: what stands in `${…}` is a value, or a statement. */
export function sql(pieces: readonly string[], ...parts: readonly (SqlValue | Statement)[]): Statement {
  const texts = [pieces[0] ?? '']
  const values: SqlValue[] = []
  for (const [index, part] of parts.entries()) {
    const after = pieces[index + 1] ?? ''
    if (part instanceof Statement) {
      const [first = '', ...rest] = part.pieces
      texts.push((texts.pop() ?? '') + first, ...rest)
      values.push(...part.values)
      texts.push((texts.pop() ?? '') + after)
    } else {
      values.push(part)
      texts.push(after)
    }
  }
  return new Statement(texts, values)
}

/** Text that is SQL, such as the name of a column. Never what came from outside. */
export function raw(text: string): Statement {
  return new Statement([text], [])
}

/** Statements one after the other. */
export function joined(statements: readonly Statement[], separator: string): Statement {
  return statements.reduce(
    (all, next, index) => (index === 0 ? next : sql`${all}${raw(separator)}${next}`),
    raw(''),
  )
}

/** ` where …` for conditions that all hold; nothing without conditions. */
export function where(conditions: readonly Statement[]): Statement {
  return conditions.length === 0 ? raw('') : sql` where ${joined(conditions, ' and ')}`
}

/** `insert into …` of one row. */
export function insert(table: string, row: Readonly<Record<string, SqlValue>>): Statement {
  const values = Object.values(row).map((value) => sql`${value}`)
  return sql`insert into ${raw(table)} (${raw(Object.keys(row).join(', '))}) values (${joined(values, ', ')})`
}

/** `a = …, b = …` for an update. */
export function assignments(change: Readonly<Record<string, SqlValue>>): Statement {
  return joined(
    Object.entries(change).map(([column, value]) => sql`${raw(column)} = ${value}`),
    ', ',
  )
}

/** Whether a text of a column contains another, whatever the case of its letters A to Z; `%` and `_` mean themselves. */
export function contains(column: string, text: string): Statement {
  const pattern = text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
  return sql`lower(${raw(column)}) like lower(${`%${pattern}%`}) escape '\\'`
}
