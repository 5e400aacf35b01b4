// Texts on stdin (a JSON list) → whether an editor with a YAML language server marks no error in each.
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import { parseAllDocuments } from "yaml";

const schema = JSON.parse(readFileSync(process.argv[2], "utf8"));
const validate = new Ajv({ strict: false }).compile(schema);

function accepts(text) {
  try {
    return [...parseAllDocuments(text)].every(
      (document) => document.errors.length === 0 && validate(document.toJS()),
    );
  } catch {
    return false;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(accepts)));
