import { html } from 'hono/html'
import { assetUrl } from '../kit/assets.ts'
import type { Html } from '../kit/html.ts'
import type { Visit } from '../kit/visit.ts'
import { csrfField } from '../session/csrf.ts'
import { pagesFor } from './site-map.ts'

export interface PageParts {
  readonly title: string
  readonly body: Html
  /** Path of the page's entry in the navigation. */
  readonly at?: string
  /** Loads what draws charts. */
  readonly hasCharts?: boolean
}

/** A whole page for a signed-in person. */
export function framed(visit: Visit, { title, body, at, hasCharts = false }: PageParts): Html {
  const pages = pagesFor(visit)
  const { session } = visit
  return document(
    title,
    visit.theme,
    html`<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/console">${mark}<span>tenant-router</span></a>
<nav aria-label="Pages">${pages.map(
      ({ path, label }) => html`<a href="${path}"${path === at ? html` aria-current="page"` : ''}>${label}</a>`,
    )}</nav>
<button type="button" class="find" data-palette aria-haspopup="dialog"><span class="wide">Search or jump to…</span><span class="narrow">Search</span><kbd>⌘K</kbd></button>
<details class="account"><summary><span class="who">${session.name}</span></summary>
<div class="menu"><p><strong>${session.name}</strong><br><span class="quiet">${session.subject}</span><br>${session.roles.map((role) => html`<span class="chip">${role}</span> `)}</p>
<button type="button" data-theme-switch>Switch between light and dark</button>
<form method="post" action="/console/sign-out">${csrfInput(visit)}<button>Sign out</button> <button name="everywhere" value="true" title="Ends all your sessions, in every browser">Sign out everywhere</button></form></div></details>
</header>
<main id="main" tabindex="-1">${body}</main>
<dialog id="palette" aria-label="Search or jump to">
<form method="get" action="/console/tenants" autocomplete="off">
<input type="search" name="q" aria-label="Search tenants and pages" placeholder="A tenant, or a page" role="combobox" aria-expanded="true" aria-controls="palette-list" hx-get="/console/palette" hx-trigger="input changed delay:80ms, palette:open" hx-target="#palette-list" hx-sync="this:replace">
</form>
<div id="palette-list" role="listbox" aria-label="Results"></div>
<p class="keys"><kbd>↑</kbd><kbd>↓</kbd> choose <kbd>↵</kbd> open <kbd>esc</kbd> close</p>
</dialog>`,
    hasCharts,
  )
}

/** A page for somebody who has not signed in. */
export function bare(title: string, theme: string | undefined, body: Html): Html {
  return document(title, theme, html`<main id="main" class="door">${mark}${body}</main>`)
}

function document(title: string, theme: string | undefined, body: Html, hasCharts = false): Html {
  return html`<!doctype html>
<html lang="en"${theme === undefined ? '' : html` data-theme="${theme}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · tenant-router</title>
<link rel="icon" href="${assetUrl('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${assetUrl('console.css')}">
<script src="${assetUrl('htmx.js')}" defer></script>
<script src="${assetUrl('htmx-sse.js')}" defer></script>
${
  hasCharts
    ? html`<link rel="stylesheet" href="${assetUrl('uplot.css')}"><script src="${assetUrl('uplot.js')}" defer></script>`
    : ''
}
<script src="${assetUrl('console.js')}" type="module"></script>
</head>
<body>${body}</body>
</html>`
}

export function csrfInput(visit: Visit): Html {
  return html`<input type="hidden" name="${csrfField}" value="${visit.csrf}">`
}

const mark = html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 5h5v5H4zM15 3h6v6h-6zM15 15h6v6h-6zM4 14h5v5H4z"/><path class="way" d="M9 7.5h3.5V6H15M9 16.5h3.5V18H15M12.5 7.5v9"/></svg>`
