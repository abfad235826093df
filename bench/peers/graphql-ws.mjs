// graphql-ws on ws: the websocket path of Apollo Server and Yoga as well. Redis by ioredis: one subscription
// for the process, each message parsed once.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { buildSchema } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';

const redisUrl = readFileSync(0, 'utf8').trim();
const followers = new Map();

// What one subscriber has not taken yet, as an async iterator.
function follow(instruments) {
  const queue = [];
  let wake = null;
  let done = false;
  const push = (quote) => {
    queue.push(quote);
    wake?.();
    wake = null;
  };
  for (const id of instruments) {
    if (!followers.has(id)) followers.set(id, new Set());
    followers.get(id).add(push);
  }
  return {
    async next() {
      while (queue.length === 0 && !done) await new Promise((resolve) => (wake = resolve));
      return done ? { done: true, value: undefined } : { done: false, value: { quotes: queue.shift() } };
    },
    async return() {
      done = true;
      for (const id of instruments) followers.get(id).delete(push);
      wake?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const redis = new Redis(redisUrl);
redis.on('pmessage', (_, channel, message) => {
  const quote = JSON.parse(message);
  for (const push of followers.get(channel.slice('quotes/'.length)) ?? []) push(quote);
});
await redis.psubscribe('quotes/*');

const schema = buildSchema(readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'));
schema.getSubscriptionType().getFields().quotes.subscribe = (_, { instruments }) => follow(instruments);

const server = createServer();
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
