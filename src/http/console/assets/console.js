/* global uPlot */
// The console's own script: the palette, selected rows, shortcuts and the theme. Everything else is htmx and plain forms.
const palette = document.querySelector('#palette')
const paletteInput = palette?.querySelector('input')

function openPalette() {
  if (palette === null || palette.open) return
  palette.showModal()
  paletteInput.value = ''
  paletteInput.dispatchEvent(new CustomEvent('palette:open'))
  paletteInput.focus()
}

function choices() {
  return [...palette.querySelectorAll('[role=option]')]
}

function choose(step) {
  const all = choices()
  if (all.length === 0) return
  const at = all.findIndex((one) => one.getAttribute('aria-selected') === 'true')
  const next = all[(at + step + all.length) % all.length]
  for (const one of all) one.setAttribute('aria-selected', String(one === next))
  next.scrollIntoView({ block: 'nearest' })
  paletteInput.setAttribute('aria-activedescendant', next.id)
}

let isEntered = false

/** Opens the chosen page. While the list answers an earlier text than the one typed, this waits for the right list. */
function enter() {
  const answered = palette.querySelector('[data-query]')?.dataset.query
  isEntered = answered !== paletteInput.value
  if (isEntered) return
  const chosen = choices().find((one) => one.getAttribute('aria-selected') === 'true')
  if (chosen === undefined) palette.querySelector('form').requestSubmit()
  else location.assign(chosen.href)
}

palette?.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown') choose(1)
  else if (event.key === 'ArrowUp') choose(-1)
  else if (event.key === 'Enter') enter()
  else return
  event.preventDefault()
})
palette?.addEventListener('input', () => {
  isEntered = false
})
palette?.addEventListener('close', () => {
  isEntered = false
})
document.addEventListener('htmx:after:swap', () => {
  if (isEntered) enter()
})
// A click beside the dialog is on the dialog itself.
palette?.addEventListener('click', (event) => {
  if (event.target === palette) palette.close()
})

document.addEventListener('keydown', (event) => {
  if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    openPalette()
    return
  }
  const isTyping = event.target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, dialog')
  if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return
  if (event.key === '/') {
    const search = document.querySelector('[data-search]')
    if (search === null) return openPalette()
    event.preventDefault()
    search.focus()
    search.select()
  } else if (event.key === 'j' || event.key === 'k') step(event.key === 'j' ? 1 : -1)
  else if (event.key === 'x') rowOf(document.activeElement)?.querySelector('input[type=checkbox]')?.click()
})

function rowOf(element) {
  return element?.closest?.('tbody tr')
}

/** Goes to the next row's link, or the one before. */
function step(by) {
  const links = [...document.querySelectorAll('.list tbody th a')]
  const at = links.indexOf(rowOf(document.activeElement)?.querySelector('th a'))
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus()
}

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-palette]')) openPalette()
  if (event.target.closest('[data-theme-switch]')) switchTheme()
  for (const menu of document.querySelectorAll('details.account[open]')) {
    if (!menu.contains(event.target)) menu.open = false
  }
})

function switchTheme() {
  const isDark =
    document.documentElement.dataset.theme === 'dark' ||
    (document.documentElement.dataset.theme === undefined && matchMedia('(prefers-color-scheme: dark)').matches)
  const theme = isDark ? 'light' : 'dark'
  document.documentElement.dataset.theme = theme
  drawCharts()
  const secure = location.protocol === 'https:' ? '; secure' : ''
  // biome-ignore lint/suspicious/noDocumentCookie: the server reads it, so that a page comes in its theme.
  document.cookie = `console_theme=${theme}; path=/console; max-age=31536000; samesite=lax${secure}`
}

document.addEventListener('change', (event) => {
  const form = event.target.closest('[data-selection]')
  if (form === null) return
  const boxes = [...form.querySelectorAll('tbody input[type=checkbox]')]
  if (event.target.matches('[data-select-all]')) for (const box of boxes) box.checked = event.target.checked
  const chosen = boxes.filter((box) => box.checked).length
  const all = form.querySelector('[data-select-all]')
  if (all !== null) {
    all.checked = chosen > 0 && chosen === boxes.length
    all.indeterminate = chosen > 0 && chosen < boxes.length
  }
  const shown = form.querySelector('[data-selected]')
  if (shown !== null) shown.textContent = chosen === 0 ? '' : `${chosen} selected`
})

/** Draws the charts of a page, in the colours of its theme. */
function drawCharts() {
  for (const box of document.querySelectorAll('[data-chart]')) {
    const { color, borderTopColor, caretColor } = getComputedStyle(box)
    const font = '12px system-ui, sans-serif'
    const axis = { stroke: caretColor, font, grid: { stroke: borderTopColor, width: 1 }, ticks: { show: false } }
    const day = (seconds) =>
      new Date(seconds * 1000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
    const days = { ...axis, values: (_, all) => all.map(day) }
    const line = { label: box.dataset.label, stroke: color, width: 2, points: { size: 5, fill: color } }
    const size = { width: box.clientWidth, height: 180 }
    box.replaceChildren()
    const options = {
      ...size,
      series: [{}, line],
      axes: [days, { ...axis, size: 60 }],
      legend: { show: false },
      cursor: { show: false },
    }
    // Days are those of UTC.
    const inUtc = { ...options, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'UTC') }
    new uPlot(
      { ...inUtc, scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } } },
      JSON.parse(box.dataset.chart),
      box,
    )
  }
}

if (document.querySelector('[data-chart]') !== null) {
  drawCharts()
  addEventListener('resize', drawCharts)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawCharts)
}
