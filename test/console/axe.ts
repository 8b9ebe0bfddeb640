import axe from 'axe-core'
import type { Page } from 'playwright-core'

const themes = ['light', 'dark'] as const

/** Faults of accessibility that axe calls serious or worse, by WCAG 2.2 AA and in both themes, a line each. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  const faults: string[] = []
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme })
    for (const fault of await faultsIn(page)) faults.push(`${theme}: ${fault}`)
  }
  return faults
}

async function faultsIn(page: Page): Promise<readonly string[]> {
  // By the debugger, which the page's policy does not hold.
  await page.evaluate(axe.source)
  const found = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: typeof axe }).axe.run
    const { violations } = await run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map(({ html }) => html.slice(0, 160)) }))
  })
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, at }) => `${id}: ${at.join(' | ')}`)
}
