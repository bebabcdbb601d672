// Draws the shipped diagrams with the real Mermaid, for docs/diagrams.md.
//
// In an empty folder: npm install mermaid puppeteer-core, then
// CHROMIUM=/usr/bin/chromium node render_mermaid.mjs DIAGRAMS_FOLDER IMAGES_FOLDER
// The pictures were then reduced to 64 colours: convert IN.png -colors 64 png8:OUT.png

import { readFileSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [diagrams, images] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(pathToFileURL(join(process.cwd(), "package.json")));
const { default: puppeteer } = await import(pathToFileURL(require.resolve("puppeteer-core")));
const script = join(process.cwd(), "node_modules/mermaid/dist/mermaid.min.js");

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
await page.setViewport({ width: 1400, height: 1000, deviceScaleFactor: 1 });
for (const file of readdirSync(diagrams).filter((name) => name.endsWith(".mmd")).sort()) {
  const text = readFileSync(join(diagrams, file), "utf8");
  await page.setContent(`<body style="margin:0;background:white"><div id="at" style="display:inline-block;padding:8px"></div></body>`);
  await page.addScriptTag({ path: script });
  await page.evaluate(async (text) => {
    mermaid.initialize({ startOnLoad: false, securityLevel: "loose", flowchart: { useMaxWidth: false } });
    const { svg } = await mermaid.render("drawn", text);
    document.getElementById("at").innerHTML = svg;
  }, text);
  const element = await page.$("#at");
  await element.screenshot({ path: join(images, `${basename(file, ".mmd")}_mermaid.png`) });
}
await browser.close();
