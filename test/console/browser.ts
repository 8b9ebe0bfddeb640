import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { ConsoleWorld, Person } from './console-world.ts'

const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** @throws Error that says what to do, where there is no browser. */
export async function openBrowser(): Promise<Browser> {
  if (!existsSync(path)) {
    throw new Error(
      `The console's tests need a Chromium, and ${path} is not there: install it (apt-get install chromium), or name another one in CHROMIUM_PATH.`,
    )
  }
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] })
}

export interface Look {
  readonly theme?: 'light' | 'dark'
  readonly phone?: boolean
}

/** A person at a browser. It notes what a page must never do. */
export class Seat implements AsyncDisposable {
  readonly page: Page
  /** Violations of the page's policy, faults of its scripts, and requests to another host. */
  readonly faults: string[] = []
  readonly #context: BrowserContext
  readonly #url: string

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context
    this.page = page
    this.#url = url
    page.on('pageerror', (error) => this.faults.push(`script: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
        this.faults.push(`console: ${message.text()}`)
    })
    page.on('request', (request) => {
      const { hostname } = new URL(request.url())
      if (hostname !== '127.0.0.1') this.faults.push(`request to ${request.url()}`)
    })
  }

  static async take(browser: Browser, url: string, { theme = 'light', phone = false }: Look = {}): Promise<Seat> {
    const context = await browser.newContext({
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
      viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 820 },
      ...(phone && { isMobile: true, hasTouch: true }),
    })
    // Nothing that is waited for depends on the machine's speed: these end what hangs.
    context.setDefaultTimeout(60_000)
    context.setDefaultNavigationTimeout(60_000)
    return new Seat(context, await context.newPage(), url)
  }

  async signIn(person: Person): Promise<void> {
    const name = { sales: 'Sam', platform: 'Pat', 'platform-2': 'Robin', auditor: 'Ada' }[person]
    await this.go('/console')
    await this.page.getByRole('link', { name: new RegExp(`^${name},`) }).click()
    await this.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  }

  async go(address: string): Promise<void> {
    await this.page.goto(new URL(address, this.#url).href)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close()
  }
}

/** A signed-in person at a new browser. */
export async function seat(browser: Browser, world: ConsoleWorld, person: Person, look: Look = {}): Promise<Seat> {
  const taken = await Seat.take(browser, world.url, look)
  await taken.signIn(person)
  return taken
}
