import { createServer } from 'node:http'

/**
 * A vector store that answers every query at once with the same matches, so that the measurement shows the service in
 * front of it. Arguments: port, the answer to `/query` as JSON, and its delay in milliseconds (0).
 */
const [port = '0', answer = '{}', delayMs = '0'] = process.argv.slice(2)
const bytes = Buffer.from(answer)
const server = createServer((request, response) => {
  // The body has to be read before the connection can be used again.
  const reply = () => {
    response.writeHead(request.url === '/query' || request.url === '/livez' ? 200 : 404, {
      'content-type': 'application/json',
      'content-length': bytes.length,
    })
    response.end(bytes)
  }
  request.resume().on('end', () => (delayMs === '0' ? reply() : setTimeout(reply, Number(delayMs))))
})
server.keepAliveTimeout = 60_000
server.listen(Number(port), '127.0.0.1')
