// Subscribes to the quotes of one instrument, by the npm client graphql-ws at a ws: address and by graphql-sse at a
// http: one, prints each event as a line of JSON, and ends when its standard input does.
import { createClient as createSseClient } from "graphql-sse";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, accessToken, instrument] = process.argv.slice(2);
const client = url.startsWith("ws:")
  ? createClient({ url, webSocketImpl: WebSocket, connectionParams: { accessToken }, retryAttempts: 0 })
  : createSseClient({ url, headers: { authorization: `Bearer ${accessToken}` }, retryAttempts: 0 });

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
