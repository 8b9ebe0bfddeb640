import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../../errors.ts'
import { refuseUnstorableUrl } from '../request/unstorable.ts'
import { guardAnswer, sendHtml, themeOf } from './answer.ts'
import { consolePages } from './console-pages.ts'
import { Door, type DoorSettings } from './door.ts'
import { Inside, type InsideDeps } from './inside.ts'
import { findAsset } from './kit/assets.ts'
import { offPage } from './pages/door-pages.ts'
import { callbackPath } from './session/sign-in.ts'

export interface ConsoleDeps extends InsideDeps {
  /** Undefined: nobody can sign in, and the console says what to set. */
  readonly door?: DoorSettings
}

const formMaxMib = 16

/** The console for staff, as pages of the admin listener. */
export function mountConsole(app: Hono, deps: ConsoleDeps): void {
  const pages = new Hono()
  pages.get('/assets/:name', sendAsset)
  pages.use(guardAnswer)
  if (deps.door === undefined) pages.all('*', (context) => sendHtml(context, 503, offPage(themeOf(context))))
  else addPages(pages, deps, new Door(deps.door))
  app.route('/console', pages)
}

function addPages(pages: Hono, deps: InsideDeps, door: Door): void {
  const inside = new Inside(deps, door)
  pages.onError((thrown, context) => inside.fault(thrown, context))
  pages.use(async (context, next) => {
    refuseUnstorableUrl(context.req.url)
    await next()
  })
  pages.get('/sign-in', (context) => door.show(context))
  pages.get('/sign-in/begin', (context) => door.begin(context))
  pages.get(callbackPath.replace('/console', ''), (context) => door.finish(context))
  pages.post('*', bodyLimit({ maxSize: formMaxMib * 1024 * 1024, onError: refuseSize }))
  pages.post('/sign-out', (context) => inside.leave(context))
  for (const page of consolePages) pages.on(page.method, page.path, (context) => inside.serve(page, context))
  pages.get('/', (context) => inside.home(context))
  pages.all('*', (context) => inside.missing(context))
}

function refuseSize(): never {
  throw new AppError('payload_too_large', `A form may have up to ${formMaxMib} MiB.`)
}

function sendAsset(context: Context): Response {
  const asset = findAsset(context.req.param('name') ?? '')
  if (asset === undefined) throw new AppError('not_found', 'There is no such file.')
  return new Response(asset.bytes, {
    headers: {
      'content-type': asset.contentType,
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    },
  })
}
