import { html } from 'hono/html'
import { exampleOf, type Schema, schemaText } from './schema-text.ts'

interface Media {
  readonly schema?: Schema
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly security: readonly unknown[]
  readonly parameters?: readonly { name: string; in: string; required: boolean; description?: string; schema: Schema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>
  >
}
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>
    readonly securitySchemes: { readonly token: { readonly description: string } }
  }
}

type Html = ReturnType<typeof html>

/** The OpenAPI document as a page to read and to try calls from. */
export function docsPage(openApi: Readonly<Record<string, unknown>>): string {
  const document = openApi as unknown as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))]
  const { info, components } = document
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} API</title>
<link rel="stylesheet" href="/docs/docs.css">
<script type="module" src="/docs/docs.js"></script>
</head>
<body>
<nav aria-label="Operations">
<p class="name">${info.title}</p>
${tags.map(
  (tag) =>
    html`<h2>${tag}</h2><ul>${operations
      .filter(({ operation }) => operation.tags.includes(tag))
      .map(
        ({ method, path, operation }) =>
          html`<li><a href="#${operation.operationId}"><b class="${method}">${method}</b> ${path}</a></li>`,
      )}</ul>`,
)}
</nav>
<main>
<h1>${info.title} <small>${info.version}</small></h1>
<p>${info.description}</p>
<p><a href="/openapi.json">openapi.json</a> (OpenAPI 3.1)</p>
<section class="token">
<label for="token">Token</label>
<input id="token" type="password" autocomplete="off" placeholder="paste one to try calls; it stays in this page">
<p class="note">${inline(components.securitySchemes.token.description)}</p>
</section>
${operations.map((each) => operationPart(each, components.schemas))}
</main>
</body>
</html>`
  return String(page)
}

function operationPart(
  { method, path, operation }: { method: string; path: string; operation: Operation },
  parts: Readonly<Record<string, Schema>>,
): Html {
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
  const json = type === 'application/json' ? media?.schema : undefined
  return html`<article id="${operation.operationId}">
<h3><b class="${method}">${method}</b> <code>${path}</code></h3>
<p><strong>${operation.summary}</strong></p>
${(operation.description ?? '')
  .split('\n\n')
  .filter(Boolean)
  .map((text) => html`<p>${inline(text)}</p>`)}
${
  operation.parameters &&
  html`<h4>Parameters</h4><table>${operation.parameters.map(
    (one) => html`<tr><td><code>${one.name}</code></td><td>${one.in}${one.required ? ', required' : ''}</td>
<td><code>${schemaText(one.schema, parts)}</code></td><td>${inline(one.description ?? '')}</td></tr>`,
  )}</table>`
}
${type && html`<h4>Body <span class="note">${type}</span></h4>${json && html`<pre>${schemaText(json, parts)}</pre>`}`}
<h4>Answers</h4>
<dl>${Object.entries(operation.responses).map(([status, answer]) => {
    const schema = answer.content?.['application/json']?.schema
    return html`<dt class="s${status[0] ?? ''}">${status}</dt><dd>${answer.content?.['application/problem+json'] ? codes(answer.description) : inline(answer.description)}
${schema && html`<pre>${schemaText(schema, parts)}</pre>`}</dd>`
  })}</dl>
${type === undefined || json ? tryForm({ method, path, operation }, json && exampleOf(json, parts)) : ''}
</article>`
}

function tryForm(
  { method, path, operation }: { method: string; path: string; operation: Operation },
  body: unknown,
): Html {
  return html`<details class="try" data-method="${method.toUpperCase()}" data-path="${path}">
<summary>Try it</summary>
${(operation.parameters ?? []).map(
  (one) => html`<label>${one.name} <input data-in="${one.in}" name="${one.name}" autocomplete="off"></label>`,
)}
${body !== undefined && html`<label>Body <textarea rows="8" spellcheck="false">${JSON.stringify(body, null, 2)}</textarea></label>`}
<button type="button" class="send">Send</button> <button type="button" class="curl">Copy as curl</button>
<pre class="answer" aria-live="polite" hidden></pre>
</details>`
}

/** The codes of a status, each linked to its page. */
function codes(description: string): Html {
  return html`${description
    .split(/`(\w+)`/)
    .map((part, i) => (i % 2 === 1 ? html`<a href="/errors/${part}"><code>${part}</code></a>` : html`${part}`))}`
}

/** Renders backticks as code, the only Markdown in descriptions. */
function inline(text: string): Html {
  const parts = text.split('`')
  return html`${parts.map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`
}
