// Subscribes to the quotes of one instrument with the npm client graphql-ws, prints each event as a line of
// JSON, and ends when its standard input does.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, accessToken, instrument] = process.argv.slice(2);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: { accessToken },
  retryAttempts: 0,
  lazy: true,
});

process.stdin.resume();
process.stdin.on("end", () => client.dispose());

const query = `subscription ($instruments: [ID!]!) {
  quotes(instruments: $instruments) {
    __typename
    ... on Quote { state last { price } }
    ... on StreamGap { reason }
  }
}`;
for await (const event of client.iterate({ query, variables: { instruments: [instrument] } })) {
  console.log(JSON.stringify(event));
}
