import type { ConsolePage } from './kit/visit.ts'
import { palette } from './pages/palette.ts'
import { applyTags, previewTags } from './pages/tag-tenants.ts'
import { tenantPage } from './pages/tenant.ts'
import { askDeed, doDeed } from './pages/tenant-deeds.ts'
import { tenantList } from './pages/tenant-list.ts'

/** Every page behind the sign-in. */
export const consolePages: readonly ConsolePage[] = [
  { method: 'get', path: '/tenants', show: tenantList },
  { method: 'post', path: '/tenants/tag', show: previewTags },
  { method: 'post', path: '/tenants/tagged', show: applyTags },
  { method: 'get', path: '/tenants/:id', show: tenantPage },
  { method: 'get', path: '/tenants/:id/:verb', show: askDeed },
  { method: 'post', path: '/tenants/:id/:verb', show: doDeed },
  { method: 'get', path: '/palette', show: palette },
]
