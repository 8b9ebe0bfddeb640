import type { html } from 'hono/html'

/** Escaped HTML, as the tag `html` makes it. */
export type Html = ReturnType<typeof html>
