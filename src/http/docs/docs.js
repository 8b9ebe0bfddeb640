// Runs in the reader's browser. The token stays in the page: it is neither stored nor sent anywhere but to this listener.
const token = document.querySelector('#token')

for (const form of document.querySelectorAll('.try')) {
  const answer = form.querySelector('.answer')
  form.querySelector('.send').addEventListener('click', async () => {
    const { url, init } = requestOf(form)
    answer.hidden = false
    answer.textContent = '…'
    try {
      const response = await fetch(url, init)
      const text = await response.text()
      answer.textContent = `${response.status} ${response.statusText}\n\n${pretty(text)}`
    } catch (error) {
      answer.textContent = `No answer: ${error.message}`
    }
  })
  form.querySelector('.curl').addEventListener('click', async () => {
    const line = curlOf(requestOf(form))
    answer.hidden = false
    answer.textContent = line
    await navigator.clipboard?.writeText(line).catch(() => undefined)
  })
}

function requestOf(form) {
  const query = new URLSearchParams()
  let path = form.dataset.path
  for (const input of form.querySelectorAll('input')) {
    if (input.dataset.in === 'path') path = path.replace(`{${input.name}}`, encodeURIComponent(input.value))
    else if (input.value !== '') query.set(input.name, input.value)
  }
  const body = form.querySelector('textarea')?.value
  const headers = {
    ...(token.value.trim() !== '' && { Authorization: `Bearer ${token.value.trim()}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  const url = query.size > 0 ? `${path}?${query}` : path
  return { url, init: { method: form.dataset.method, headers, ...(body !== undefined && { body }) } }
}

function curlOf({ url, init }) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`
  const headers = Object.entries(init.headers).map(([name, value]) => {
    // Whoever pastes the line somewhere must not paste the token with it.
    return name === 'Authorization' ? '-H "Authorization: Bearer $TOKEN"' : `-H ${quote(`${name}: ${value}`)}`
  })
  const parts = ['curl', '-X', init.method, quote(new URL(url, location.href).href), ...headers]
  return [...parts, ...(init.body === undefined ? [] : ['-d', quote(init.body)])].join(' ')
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
