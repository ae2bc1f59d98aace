import type { ParsedPrompt } from './parsePrompt.ts'

/** The file of a prompt: what {@link ParsedPrompt} was read from, or what would be read as it. */
export async function formatPrompt(prompt: ParsedPrompt): Promise<string> {
  const { stringify } = await import('yaml')
  const { text, status, ...rest } = prompt
  const fields = Object.entries({ ...rest, ...(status === 'active' ? {} : { status }) })
  const said = fields.filter(([, value]) => value !== null)
  return `---\n${stringify(Object.fromEntries(said), { lineWidth: 0 })}---\n\n${text}\n`
}
