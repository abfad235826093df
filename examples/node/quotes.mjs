// Follows the quotes of some symbols over a websocket, and prints a line for each.
//
//     TICKGRAPH_API_KEY=tgk_... node quotes.mjs AAPL EUR.USD
//
// It connects again by itself after an outage, and ends on Ctrl-C.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.env.TICKGRAPH_URL ?? "http://127.0.0.1:8080/graphql";
const key = process.env.TICKGRAPH_API_KEY;
const symbols = process.argv.slice(2);

// The server closes the socket with this code where the key is not valid, or no longer.
const FORBIDDEN = 4403;

const SEARCH = `query ($text: String!) { instruments(search: $text, first: 20) { nodes { id symbol } } }`;

const QUOTES = `subscription ($instruments: [ID!]!) {
  quotes(instruments: $instruments, maxHz: 5) {
    ... on Quote { instrument { symbol } state bid { price } ask { price } last { price } }
    ... on StreamGap { instrument { symbol } gap: reason }
  }
}`;

if (!key || symbols.length === 0) {
  fail("Put an API key into TICKGRAPH_API_KEY, and name one or more symbols: node quotes.mjs AAPL");
}

let wait = 1;
let silence;
const client = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: { accessToken: key },
  keepAlive: 15_000, // A server that is gone without a word is noticed by the pong that does not come.
  lazyCloseTimeout: 1_000, // The socket stays from one operation to the next.
  retryAttempts: Infinity, // After an outage the client subscribes again by itself.
  retryWait: pause,
  shouldRetry: (problem) => problem?.code !== FORBIDDEN,
  on: {
    connected: () => (wait = 1),
    ping: (received) => {
      if (!received) silence = setTimeout(() => client.terminate(), 5_000);
    },
    pong: (received) => {
      if (received) clearTimeout(silence);
    },
    closed: () => clearTimeout(silence),
  },
});
process.on("SIGINT", () => process.exit(0));

try {
  const instruments = [];
  for (const symbol of symbols) instruments.push(await find(symbol));
  for await (const { data, errors } of client.iterate({ query: QUOTES, variables: { instruments } })) {
    // An error concerns one instrument, and the others go on.
    for (const error of errors ?? []) console.error(error.message);
    if (data) show(data.quotes);
  }
} catch (problem) {
  if (problem?.code === FORBIDDEN) {
    fail("The server does not take this key: it is wrong, revoked or has expired.");
  }
  fail(Array.isArray(problem) ? problem[0].message : (problem.reason ?? String(problem)));
}

// The id of the instrument with exactly this symbol. While the desk or its broker is away, it asks again.
async function find(symbol) {
  for (;;) {
    for await (const { data, errors } of client.iterate({ query: SEARCH, variables: { text: symbol } })) {
      const node = data?.instruments?.nodes.find((node) => node.symbol === symbol);
      if (node) return node.id;
      if (!errors) fail(`No instrument has the symbol ${symbol}.`);
      console.error(errors[0].message);
    }
    await pause();
  }
}

function show({ instrument: { symbol }, gap, state, last, bid, ask }) {
  if (gap !== undefined) return console.log(`${symbol} GAP ${gap}`);
  const price = (level) => level?.price ?? "-";
  console.log(`${symbol} ${state} last ${price(last)} bid ${price(bid)} ask ${price(ask)}`);
}

// Waits longer each time, and never quite as long as others do: a server that comes back is not run over.
async function pause() {
  console.error(`not connected; trying again in about ${wait} s`);
  const seconds = wait * (0.5 + Math.random());
  wait = Math.min(wait * 2, 30);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
