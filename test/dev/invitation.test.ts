import { expect, test } from 'vitest'
import { invitation } from '../../src/dev/invitation.ts'
import { readSamples } from '../../src/dev/samples.ts'

const urls = { publicUrl: 'http://127.0.0.1:8080', adminUrl: 'http://127.0.0.1:8081' }

test('the first screen is short, begins with the console, and holds no token', async () => {
  const text = invitation({ ...urls, folder: '.data', samples: await readSamples(), isLoading: false })
  const lines = text.split('\n').filter((line) => line !== '')
  expect(lines.length).toBeLessThanOrEqual(12)
  expect(lines[1]).toContain('http://127.0.0.1:8081/console')
  expect(text).not.toContain('eyJ')
  expect(lines.filter((line) => line.includes('export '))).toEqual([
    '  export TOKEN=$(npm run -s cli -- token --tenant acme-bikes)',
  ])
  for (const line of lines) expect(line.length).toBeLessThan(190)
})

test('the lines to paste name what is not where it usually is', async () => {
  const elsewhere = { publicUrl: 'http://127.0.0.1:18080', adminUrl: 'http://127.0.0.1:18081' }
  const text = invitation({ ...elsewhere, folder: "/tmp/it's here", samples: await readSamples(), isLoading: true })
  expect(text).toContain(`DATA_DIR='/tmp/it'\\''s here' npm run -s cli -- token`)
  expect(text).toContain(`DATA_DIR='/tmp/it'\\''s here' npm run -s cli -- promote acme-bikes`)
})
