// node peer.js FOLDER: learns FOLDER/train.json, answers FOLDER/test.json; figures as JSON on the last line.
"use strict";
const { readFileSync } = require("node:fs");
const { performance } = require("node:perf_hooks");
const { NlpManager } = require("node-nlp");

const read = (name) => JSON.parse(readFileSync(`${process.argv[2]}/${name}.json`, "utf-8"));

async function main() {
  const manager = new NlpManager({ languages: ["ja"], autoSave: false, nlu: { log: false } });
  for (const { text, topic } of read("train")) manager.addDocument("ja", text, topic);
  let began = performance.now();
  await manager.train();
  const train_s = (performance.now() - began) / 1000;
  const model = manager.export();
  began = performance.now();
  const serving = new NlpManager({ languages: ["ja"], autoSave: false, nlu: { log: false } });
  serving.import(model);
  await serving.process("ja", "こんにちは");
  const ready_s = (performance.now() - began) / 1000;
  const predicted = [];
  const parse_ms = [];
  for (const text of read("test")) {
    began = performance.now();
    predicted.push([(await serving.process("ja", text)).intent]);
    parse_ms.push(performance.now() - began);
  }
  const memory_mb = process.memoryUsage().rss / 2 ** 20;
  process.stdout.write(`\n${JSON.stringify({ predicted, parse_ms, train_s, ready_s, memory_mb })}\n`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
