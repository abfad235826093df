// mercurius over Redis pub/sub by mqemitter-redis, as its documentation wires it.

import fastify from 'fastify';
import mercurius from 'mercurius';
import redis from 'mqemitter-redis';
import { readFileSync } from 'node:fs';

const redisUrl = readFileSync(0, 'utf8').trim();
const schema = readFileSync(new URL('schema.graphql', import.meta.url), 'utf8');
const app = fastify({ logger: false });

app.register(mercurius, {
  schema,
  resolvers: {
    Query: { ready: () => true },
    Subscription: {
      quotes: {
        subscribe: (_, { instruments }, { pubsub }) => pubsub.subscribe(instruments.map((id) => `quotes/${id}`)),
      },
    },
  },
  subscription: { emitter: redis({ connectionString: redisUrl }) },
});

await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
console.log(`listening on http://127.0.0.1:${app.server.address().port}`);
