// Reads every diagram of this folder with the real Mermaid and writes its nodes and edges to reference.json.
//
// In an empty folder: npm install mermaid jsdom, then node make_reference.mjs THIS_FOLDER
// The file says which version of Mermaid it was made with. Tests read the file only.

import { createRequire } from "node:module";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2] ?? ".");
// Packages are looked for where the script is called, not where it lies.
const require = createRequire(pathToFileURL(join(process.cwd(), "package.json")));
const load = (name) => import(pathToFileURL(require.resolve(name)));

const { JSDOM } = await load("jsdom").then((module) => module.default ?? module);
const { window } = new JSDOM("<!DOCTYPE html><body></body>");
globalThis.window = window;
globalThis.document = window.document;
globalThis.DOMParser = window.DOMParser;
globalThis.Element = window.Element;

const { default: mermaid } = await import(pathToFileURL(join(process.cwd(), "node_modules/mermaid/dist/mermaid.core.mjs")));
mermaid.initialize({ startOnLoad: false });

const diagrams = {};
for (const name of readdirSync(folder).filter((name) => name.endsWith(".mmd")).sort()) {
  const text = readFileSync(join(folder, name), "utf8");
  const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
  const subgraphs = diagram.db.getSubGraphs().map((subgraph) => subgraph.id);
  const nodes = [...diagram.db.getVertices().values()].map((node) => node.id);
  diagrams[name] = {
    nodes: nodes.filter((id) => !subgraphs.includes(id)).sort(),
    edges: diagram.db.getEdges().map((edge) => [edge.start, edge.end]).sort(),
    subgraphs: subgraphs.length,
  };
}
const { version } = JSON.parse(readFileSync(join(process.cwd(), "node_modules/mermaid/package.json"), "utf8"));
const lines = Object.entries(diagrams).map(([name, found]) => `  ${JSON.stringify(name)}: ${JSON.stringify(found)}`);
writeFileSync(join(folder, "reference.json"), `{"mermaid": ${JSON.stringify(version)}, "diagrams": {\n${lines.join(",\n")}\n}}\n`);
console.log(`${lines.length} diagrams read by Mermaid ${version}`);
