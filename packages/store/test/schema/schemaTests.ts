import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Schema } from './Schema.ts'

const page = readFileSync(new URL('../../SCHEMA.md', import.meta.url), 'utf8')
const sections = page.split(/^## /m).slice(1)
const tables = sections
  .filter((section) => !section.startsWith('View '))
  .map((section): [string, string] => [section.slice(0, section.indexOf('\n')).trim(), section])

/** Compares SCHEMA.md with a fresh database of one dialect, both ways. */
export function schemaTests(dialect: string, open: () => Promise<Schema>): void {
  describe(`SCHEMA.md and ${dialect}`, () => {
    let schema: Schema
    beforeAll(async () => {
      schema = await open()
    })
    afterAll(async () => await schema.close())

    test('[SQ9] it names every table of the database and no other', async () => {
      expect(tables.map(([name]) => name).toSorted()).toEqual((await schema.tables()).toSorted())
      expect(tables.length).toBeGreaterThan(24)
    })

    test.each(tables)('[SQ9] %s has these columns', async (table, section) => {
      const found = await schema.columns(table)
      expect(documentedColumns(section, schema.types)).toEqual(found)
      expect(found.length).toBeGreaterThan(2)
    })

    test.each(tables)('[SQ9] %s has these checks and indexes', async (table, section) => {
      const documented = section.split('\n').filter((line) => line.startsWith('- '))
      const here = documented.map((rule) => schema.ruleHere?.(rule) ?? rule)
      expect(here.toSorted()).toEqual((await schema.rules(table)).toSorted())
    })

    test('[SQ9] the view of node outputs has these columns', async () => {
      const section = sections.find((one) => one.startsWith('View workflow_node_outputs')) ?? ''
      const documented = [...section.matchAll(/`(\w+)`/g)].map((match) => match[1])
      expect(documented).toEqual(await schema.viewColumns('workflow_node_outputs'))
    })
  })
}

/** One line per column: name, declared type, rules. */
function documentedColumns(section: string, types: Schema['types']): string[] {
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, name = '', type = '', rules = ''] = line.split('|').map((cell) => cell.trim())
      return `${name} ${types[type] ?? `unknown type ${type}`} ${rules}`.trim()
    })
}
