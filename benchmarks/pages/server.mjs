// The same page by Express or Fastify: session and page from bentocache's memory, made once.
import { readFileSync } from 'node:fs'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'

const [kind, ...options] = process.argv.slice(2)
const port = Number(options.find((one) => one.startsWith('--port=')).slice(7))
const [framework, form] = kind.split('-')
const text = readFileSync(process.env.DOCUMENT, 'utf8')
const reader = { session: process.env.SESSION, user: 1 }

// serialize: false keeps values as they are, the fastest it has.
const store = bentostore().useL1Layer(memoryDriver({ maxItems: 10_000, serialize: false }))
const cache = new BentoCache({ default: 'memory', stores: { memory: store } })

async function page(cookies, conversation) {
  const session = /(?:^|; )sessionid=([^;]+)/.exec(cookies ?? '')?.[1]
  if (!session) return null
  const user = await cache.getOrSet({
    key: `session:${session}`,
    ttl: '5m',
    factory: () => (session === reader.session ? reader.user : 0),
  })
  if (!user) return null
  return cache.getOrSet({
    key: `history:${user}:${conversation}`,
    ttl: '5m',
    factory: () => (form === 'object' ? JSON.parse(text) : text),
  })
}

const path = '/api/conversations/:conversation/messages'

if (framework === 'express') {
  const { default: express } = await import('express')
  const app = express()
  app.disable('x-powered-by')
  app.get(path, async (request, response) => {
    const found = await page(request.headers.cookie, request.params.conversation)
    if (found === null) response.status(401).end()
    else if (form === 'object') response.json(found)
    else response.type('application/json').send(found)
  })
  app.listen(port, '127.0.0.1')
} else {
  const { default: fastify } = await import('fastify')
  const app = fastify()
  app.get(path, async (request, reply) => {
    const found = await page(request.headers.cookie, request.params.conversation)
    if (found === null) return reply.code(401).send()
    return reply.type('application/json; charset=utf-8').send(found)
  })
  await app.listen({ port, host: '127.0.0.1' })
}
