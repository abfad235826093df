// Compares two versions of a schema, and prints each difference as a line of JSON: how grave it is
// (BREAKING, DANGEROUS, NON_BREAKING), the path of what changed, and a sentence.
import { readFileSync } from "node:fs";
import { diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const [before, after] = process.argv.slice(2).map((file) => buildSchema(readFileSync(file, "utf8")));
for (const { criticality, path, message } of await diff(before, after)) {
  console.log(JSON.stringify({ criticality: criticality.level, path, message }));
}
