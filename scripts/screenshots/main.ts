import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { readConfig, readDevelopmentSettings } from '../../src/config/config.ts'
import { prepareDatabase } from '../../src/dev/prepare-database.ts'
import { startParts } from '../../src/embedded/parts.ts'
import { startListening } from '../../src/main.ts'
import { shutDown } from '../../src/shutdown.ts'
import { seedTenants } from './seed.ts'

/** `node scripts/screenshots/main.ts [FOLDER]`: the console's pages as pictures, over the parts of `npm start`. */
const folder = process.argv[2] ?? join(import.meta.dirname, '../../docs/console')
const looks = [
  { name: 'light', theme: 'light', width: 1280, height: 720 },
  { name: 'dark', theme: 'dark', width: 1280, height: 720 },
  { name: 'phone', theme: 'light', width: 390, height: 780 },
  { name: 'phone-dark', theme: 'dark', width: 390, height: 780 },
] as const

interface Shot {
  readonly name: string
  readonly as: string
  readonly path: string
  prepare?(page: Page): Promise<void>
  /** Takes back what the picture needed, for the next look. */
  restore?(page: Page): Promise<void>
}

const shots: readonly Shot[] = [
  { name: 'sign-in', as: '', path: '/console/sign-in' },
  {
    name: 'tenants',
    as: 'sales',
    path: '/console/tenants',
    async prepare(page) {
      for (const name of ['Atlas Freight', 'Orchard Schools']) {
        await page.getByRole('checkbox', { name: `Select ${name}` }).check()
      }
    },
  },
  {
    name: 'tag',
    as: 'sales',
    path: '/console/tenants',
    async prepare(page) {
      for (const name of ['Atlas Freight', 'Juniper Clinics', 'Orchard Schools']) {
        await page.getByRole('checkbox', { name: `Select ${name}` }).check()
      }
      await page.getByRole('button', { name: 'Tag as Enterprise…' }).click()
      await page.getByRole('heading', { name: /^Tag 2/ }).waitFor()
    },
  },
  {
    name: 'tagged',
    as: 'sales',
    path: '/console/tenants',
    async prepare(page) {
      for (const name of ['Atlas Freight', 'Orchard Schools']) {
        await page.getByRole('checkbox', { name: `Select ${name}` }).check()
      }
      await page.getByRole('button', { name: 'Tag as Enterprise…' }).click()
      await page.getByRole('button', { name: 'Tag 2 tenants' }).click()
      await page.getByRole('heading', { name: /tagged as Enterprise/ }).waitFor()
    },
    async restore(page) {
      await page.getByRole('button', { name: 'Undo all of it' }).click()
      await page.getByRole('heading', { name: 'Undone' }).waitFor()
    },
  },
  {
    name: 'palette',
    as: 'platform',
    path: '/console/tenants',
    async prepare(page) {
      await page.keyboard.press('ControlOrMeta+k')
      await page.keyboard.type('o')
      await page.getByRole('option', { name: /Orchard/ }).waitFor()
    },
  },
  {
    name: 'import',
    as: 'sales',
    path: '/console/import',
    async prepare(page) {
      const rows = [
        'id,name,tier,owner',
        'peak-outdoor,,enterprise,Ines Ortega',
        'orchard-schools,Orchard Academies,,',
        'lighthouse-bakery,Lighthouse Bakery,standard,Mira Kaplan',
        'atlas-freight,,gold,',
        'greenfield-seeds,,standard,',
      ]
      await page.getByRole('textbox', { name: 'Rows, with a line of headers' }).fill(rows.join('\n'))
      await page.getByRole('button', { name: 'Show what would change' }).click()
      await page.getByRole('heading', { name: /would change/ }).waitFor()
    },
  },
  { name: 'tenant', as: 'platform', path: '/console/tenants/juniper-clinics' },
  { name: 'account', as: 'sales', path: '/console/tenants/juniper-clinics/account' },
  { name: 'documents', as: 'platform', path: '/console/tenants/juniper-clinics/documents' },
  { name: 'limits', as: 'platform', path: '/console/tenants/juniper-clinics/limits' },
  { name: 'suspend', as: 'platform', path: '/console/tenants/juniper-clinics/suspend' },
  { name: 'offboard', as: 'platform', path: '/console/tenants/juniper-clinics/offboard' },
  { name: 'moves', as: 'platform', path: '/console/moves' },
  {
    name: 'move',
    as: 'platform',
    path: '/console/moves',
    async prepare(page) {
      await page.locator('#open').getByRole('link', { name: 'meridian-legal' }).click()
      await page.getByRole('heading', { name: /^meridian-legal to/ }).waitFor()
    },
  },
  {
    name: 'report',
    as: 'platform',
    path: '/console/moves',
    async prepare(page) {
      await page.locator('#open').getByRole('link', { name: 'meridian-legal' }).click()
      await page.getByRole('link', { name: 'The whole report' }).click()
      await page.getByRole('heading', { name: /^Report: meridian-legal/ }).waitFor()
    },
  },
  {
    name: 'rollback',
    as: 'platform',
    path: '/console/moves',
    async prepare(page) {
      await page.locator('#open').getByRole('link', { name: 'meridian-legal' }).click()
      await page.getByRole('link', { name: /^Go back to the old place/ }).click()
      await page.waitForURL('**/rollback')
    },
  },
  {
    name: 'decide',
    as: 'platform',
    path: '/console/moves',
    async prepare(page) {
      await page.locator('#open').getByRole('link', { name: 'harbor-tools' }).click()
      await page.getByRole('link', { name: 'Decide…' }).click()
      await page.waitForURL('**/decide')
    },
  },
  { name: 'approvals', as: 'platform', path: '/console/approvals' },
  { name: 'shards', as: 'platform', path: '/console/shards' },
  { name: 'audit', as: 'auditor', path: '/console/audit' },
  {
    name: 'try',
    as: 'platform',
    path: '/console/try?tenant=meridian-legal',
    async prepare(page) {
      await page.getByRole('textbox', { name: 'Question' }).fill('What do I do when a matter is reopened?')
      await page.getByRole('button', { name: 'Ask' }).click()
      await page.locator('.matches').waitFor()
    },
  },
  { name: 'plan', as: 'platform', path: '/console/tenants/juniper-clinics/promote' },
  { name: 'relocate', as: 'platform', path: '/console/tenants/juniper-clinics/relocate' },
  { name: 'reembed', as: 'platform', path: '/console/tenants/juniper-clinics/reembed' },
]

const data = await mkdtemp(join(tmpdir(), 'tenant-router-shots-'))
const silent = { info: () => undefined, error: (line: string) => void process.stderr.write(`${line}\n`) }
try {
  await mkdir(folder, { recursive: true })
  await using parts = await startParts({ folder: data, issuer: readDevelopmentSettings({}).issuer })
  const ports = { PORT: '0', ADMIN_PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'error' }
  const config = readConfig({}, { ...parts.settings, ...ports, APPROVALS: 'offboard' })
  await prepareDatabase(config.databaseUrl.reveal(), config.pinecone.projects[0])
  const running = await startListening(config)
  const path = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-gpu'] })
  try {
    await seedTenants({ ...running.urls, issuer: parts.issuer, sql: running.services.database.sql })
    for (const look of looks) await takeAll(browser, running.urls.adminUrl, look)
  } finally {
    await browser.close()
    await shutDown(running.phases, silent)
  }
} finally {
  await rm(data, { recursive: true, force: true })
}

async function takeAll(browser: Browser, url: string, look: (typeof looks)[number]): Promise<void> {
  for (const as of new Set(shots.map((shot) => shot.as))) {
    const { width, height, theme } = look
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
    })
    const page = await context.newPage()
    if (as !== '') await page.goto(`${url}/console/sign-in/begin?as=${as}`)
    for (const shot of shots.filter((one) => one.as === as)) {
      await page.goto(`${url}${shot.path}`)
      await shot.prepare?.(page)
      await page.screenshot({ path: join(folder, `${shot.name}-${look.name}.png`) })
      await shot.restore?.(page)
    }
    await context.close()
  }
}
