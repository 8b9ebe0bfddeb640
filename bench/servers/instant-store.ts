import { createServer } from 'node:http'

/**
 * A vector store that answers every query at once with the same matches, so that what is measured is the service in
 * front of it. Arguments: port, the answer to `/query` as JSON.
 */
const [port = '0', answer = '{}'] = process.argv.slice(2)
const bytes = Buffer.from(answer)
const server = createServer((request, response) => {
  // The body has to be read before the connection can be used again.
  request.resume().on('end', () => {
    response.writeHead(request.url === '/query' || request.url === '/livez' ? 200 : 404, {
      'content-type': 'application/json',
      'content-length': bytes.length,
    })
    response.end(bytes)
  })
})
server.keepAliveTimeout = 60_000
server.listen(Number(port), '127.0.0.1')
