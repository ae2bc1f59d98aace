import type { OpenApiDocument } from './document.ts'

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: unknown
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> }
  readonly responses: Readonly<Record<string, { readonly description: string }>>
}

/** The documentation as one page of HTML without scripts. */
export function documentationPage(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, made]) => ({ path, method, ...(made as unknown as Operation) })),
  )
  const sections = [...Map.groupBy(operations, (one) => one.tags[0] ?? '')].map(
    ([tag, group]) => `<section><h2>${text(tag)}</h2>${group.map(operation).join('')}</section>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Holdfast API</title><link rel="stylesheet" href="/api/docs.css"></head>
<body><main><h1>Holdfast API</h1>
<p>The same as a document for programs: <a href="/api/openapi.json">openapi.json</a>. Live events: WebSocket at <code>/api/ws</code>.</p>
${sections.join('\n')}
<section><h2>Shapes</h2>${shapes(document)}</section>
</main></body></html>
`
}

function operation({
  path,
  method,
  summary,
  parameters,
  requestBody,
  responses,
}: Operation & { readonly path: string; readonly method: string }): string {
  const rows = parameters.map(
    (one) =>
      `<tr><td><code>${text(one.name)}</code>${one.required ? ' *' : ''}</td><td>${text(one.in)}</td><td><code>${text(JSON.stringify(one.schema))}</code></td></tr>`,
  )
  const table =
    rows.length === 0
      ? ''
      : `<table><tr><th>Parameter</th><th>In</th><th>Schema</th></tr>${rows.join('')}</table>`
  const schema = requestBody?.content['application/json']?.schema
  const body = schema === undefined ? '' : `<p>Body</p><pre>${text(JSON.stringify(schema, null, 2))}</pre>`
  const answers = Object.entries(responses).map(
    ([status, { description }]) =>
      `<tr><td><code>${text(status)}</code></td><td>${text(description)}</td></tr>`,
  )
  return `<details><summary><code>${text(method.toUpperCase())} ${text(path)}</code> ${text(summary)}</summary>${table}${body}<table><tr><th>Status</th><th>Meaning</th></tr>${answers.join('')}</table></details>`
}

function shapes({ components }: OpenApiDocument): string {
  return Object.entries(components.schemas as Readonly<Record<string, unknown>>)
    .map(
      ([name, schema]) =>
        `<details><summary><code>${text(name)}</code></summary><pre>${text(JSON.stringify(schema, null, 2))}</pre></details>`,
    )
    .join('')
}

function text(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Its style. */
export const DOCUMENTATION_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
details { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .4rem 0 }
summary { cursor: pointer }
table { border-collapse: collapse; margin: .5rem 0; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere }
pre { overflow: auto; padding: .5rem; background: color-mix(in srgb, currentColor 8%, transparent) }
`
